/** How long work takes on a device: runs of several kinds of work, one kind after the other. */

/** Work of a device. */
export interface Work {
  /** Does it once, or queues it. */
  readonly run: () => void;
  /** Waits until everything that was queued is done. */
  readonly settle: () => Promise<unknown>;
  /** The most runs between two waits. */
  readonly together: number;
}

/** Milliseconds of one run of each sample, and of them those in which the host queued it. */
export interface Times {
  readonly ms: number[];
  readonly queuing: number[];
}

/** Milliseconds to which samples are stretched for the sake of others. */
const LONGEST_MS = 500;

/** Runs before anything is measured: V8 optimises kernels, drivers compile them. */
const WARM_UPS = 3;

/**
 * Measures works in turns, `rounds` samples of each, so that other users of the machine slow down
 * all of them alike. A sample has as many runs as take about `sampleMs`; if the first work takes
 * longer for one run, samples of the others become as long, half a second at most.
 */
export async function measureInTurns(
  works: readonly Work[],
  rounds: number,
  sampleMs: number,
): Promise<Times[]> {
  const repeats: number[] = [];
  let target = sampleMs;
  for (const work of works) {
    let sample = await takeSample(work, 1);
    for (let i = 1; i < WARM_UPS; i++) sample = await takeSample(work, 1);
    // Waiting takes long beside short work: what a run takes shows in samples of many.
    let runs = 1;
    while (sample.ms * runs < target / 2 && runs < work.together) {
      runs = Math.min(work.together, Math.ceil(Math.min(16, target / (sample.ms * runs)) * runs));
      sample = await takeSample(work, runs);
    }
    if (work === works[0]) target = Math.max(sampleMs, Math.min(LONGEST_MS, sample.ms * runs));
    repeats.push(runs);
  }
  const times = works.map((): Times => ({ ms: [], queuing: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const [i, work] of works.entries()) {
      const { ms, queuing } = await takeSample(work, repeats[i]);
      times[i].ms.push(ms);
      times[i].queuing.push(queuing);
    }
  }
  return times;
}

async function takeSample({ run, settle }: Work, runs: number) {
  const start = performance.now();
  for (let i = 0; i < runs; i++) run();
  const queued = performance.now();
  await settle();
  return { ms: (performance.now() - start) / runs, queuing: (queued - start) / runs };
}

/** The middle one of several numbers, the larger one of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
