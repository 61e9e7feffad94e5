/** How a contraction is cut into workgroups and threads of a GPU: the one place to tune it. */

import { MOST_SHARED_BYTES } from "../lang/wgsl_shader.ts";
import { quadsOf } from "./_wgsl_quads.ts";
import { type Contraction, extent } from "./contraction.ts";

/** The cut of a contraction on the webgpu engine. */
export interface WebgpuTiling {
  /** Rows of c that a thread computes: 1, 2, 3 or a multiple of 4. */
  readonly rows: number;
  /** Columns of c that a thread computes: 1, 2, 3 or a multiple of 4. */
  readonly columns: number;
  /** Threads of a workgroup along m, n and k; powers of two, 256 at most in all. */
  readonly threads: { readonly m: number; readonly n: number; readonly k: number };
  /** Steps of k a thread takes in one turn of its loop, a multiple of 4. */
  readonly depth: number;
  /**
   * True: workgroups copy their operands to shared memory first, `depth` steps of k at a time.
   * Threads along k are 1 then. `chooseWebgpuTiling` never says so yet: see there.
   */
  readonly staged: boolean;
  /** Parts of k that different workgroups compute; a second phase adds them up. */
  readonly splits: number;
}

/**
 * The machine that tilings are chosen for, whatever the adapter is, so that sums are added in the
 * same order everywhere. Costs are in multiply-adds of one thread. That of loads is fitted to what
 * blocks of 4 by 4, 8 by 4 and 8 by 8 reach on llvmpipe, which computes on the CPU; the others are
 * guesses for a GPU, and none has been measured on one.
 */
const MACHINE = {
  /** Threads it takes to keep the machine busy. */
  threads: 8192,
  /** Threads that run in step: a workgroup has no fewer. */
  warp: 32,
  /** Reading a quad by one load, and by four. */
  quad: 24,
  quadByElements: 48,
  /** Each element that a workgroup fetches. */
  fetch: 12,
  /** A step of adding up the threads along k, each element of theirs. */
  reduce: 32,
  /** A further launch, and each element it writes to memory or reads. */
  launch: 1000,
  traffic: 16,
};

/**
 * Turns of a thread's loop from which on any other tiling is better, to stay below `LOOP_LIMIT`.
 */
const MOST_TURNS = 2 ** 15;

/** Bytes of all parts of a result: half of the smallest limit of a binding. */
const PART_BYTES = 2 ** 26;

/**
 * Chooses the cut by the sizes of a contraction: that with the least estimated time. Operands are
 * always read directly. Staged tilings have only been measured on llvmpipe, where shared memory is
 * memory like any other: by `tests/bench/webgpu_matmul.ts` (512 x 512 x 512 and 8192 x 384 x 384)
 * they reached 0.2 to 0.8 of the rate of direct ones with the same blocks. On a GPU it may be
 * otherwise: the bench has both.
 */
export function chooseWebgpuTiling(problem: Contraction): WebgpuTiling {
  const [m, n, k] = [problem.m, problem.n, problem.k].map(extent);
  const size = extent(problem.batch) * m * n;
  const fits = ({ rows, columns, threads, splits }: WebgpuTiling) =>
    (threads.k === 1 ||
      2 * rows * columns * threads.m * threads.n * threads.k <= MOST_SHARED_BYTES) &&
    (splits === 1 ||
      k >= 64 * threads.k * splits && 4 * size * splits <= PART_BYTES && splits <= MOST_TURNS);
  let best: WebgpuTiling | undefined;
  let least = Infinity;
  for (const rows of blocks(m)) {
    for (const columns of blocks(n)) {
      const depth = rows * columns >= 32 ? 4 : 8;
      const loads = loadCost(problem, "a", rows) + loadCost(problem, "b", columns);
      for (const threads of shapes(m / rows, n / columns, k / 8)) {
        for (let splits = 1;; splits *= 2) {
          const tiling = { rows, columns, threads, depth, staged: false, splits };
          if (!fits(tiling)) break;
          const isLong = turnsAlongK(problem, tiling) > MOST_TURNS;
          const cost = estimate(problem, tiling, loads) * (isLong ? 1e6 : 1);
          if (cost < least) [best, least] = [tiling, cost];
        }
      }
    }
  }
  if (!best) throw new Error("a contraction has at least one tiling");
  return best;
}

/** Turns of a thread's loop over its part of k. */
export function turnsAlongK(
  { k }: Contraction,
  { threads, depth, splits }: Pick<WebgpuTiling, "threads" | "depth" | "splits">,
): number {
  return Math.ceil(extent(k) / splits / (depth * threads.k));
}

/** What a thread's loads of one operand cost per step of k. */
function loadCost(problem: Contraction, operand: "a" | "b", width: number): number {
  const { vector } = quadsOf(problem, operand, width, false);
  return (vector ? MACHINE.quad : MACHINE.quadByElements) * width / 4;
}

/** Time of a tiling, in multiply-adds of one thread while the machine is busy. */
function estimate(problem: Contraction, tiling: WebgpuTiling, loads: number): number {
  const { rows, columns, threads, splits } = tiling;
  const [batch, m, n, k] = [problem.batch, problem.m, problem.n, problem.k].map(extent);
  const plane = threads.m * threads.n;
  const tiles = Math.ceil(m / rows / threads.m) * Math.ceil(n / columns / threads.n);
  const busy = batch * splits * tiles * Math.max(MACHINE.warp, plane * threads.k) / MACHINE.threads;
  const fetches = (rows * threads.m + columns * threads.n) / plane;
  const step = rows * columns + loads + MACHINE.fetch * fetches;
  const reduction = MACHINE.reduce * rows * columns * Math.log2(threads.k);
  const work = Math.max(1, busy) * (Math.ceil(k / splits / threads.k) * step + reduction);
  if (splits === 1) return work;
  const partsOfThread = splits * Math.max(1, batch * m * n / MACHINE.threads);
  return work + MACHINE.launch + MACHINE.traffic * 2 * partsOfThread;
}

/** Rows or columns a thread may take. */
function blocks(count: number): number[] {
  return count <= 4 ? [count] : [8, 4];
}

/** Numbers of threads of a workgroup, no more than there is work. */
function shapes(m: number, n: number, k: number): WebgpuTiling["threads"][] {
  const below = (most: number, enough: number) => {
    const powers = [1];
    for (let power = 2; power <= most && power < 2 * enough; power *= 2) powers.push(power);
    return powers;
  };
  return below(128, m).flatMap((m) =>
    below(128 / m, n).flatMap((n) => below(256 / m / n, k).map((k) => ({ m, n, k })))
  );
}
