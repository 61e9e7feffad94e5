/**
 * What the threads of a wasm device share beside tensors: a barrier, an abort flag, how far each
 * thread is, and the text of the first error. One block of 32-bit words in a SharedArrayBuffer; words
 * that are written often have a cache line each.
 */

const LINE = 16;
/** Threads that have arrived at the current barrier. */
const ARRIVED = 0;
/** Counts barriers up to `LAST_PHASE` and starts again; `ABORTED` for good once a thread has failed. */
const PHASE = LINE;
/** Threads that sleep on `PHASE`: without any, nobody need be woken. */
const SLEEPERS = 2 * LINE;
/** Index of the program to run next, or `STOP`. */
const COMMAND = 3 * LINE;
/** Thread that failed, plus one, and the length in bytes of its message. */
const FAILED = 3 * LINE + 1;
const TEXT_LENGTH = 3 * LINE + 2;
/** A line for each thread, holding the step it works at. */
const POSITIONS = 4 * LINE;

const LAST_PHASE = 0x3fffffff;
const ABORTED = -1;
/** The command that ends a thread. */
export const STOP = -1;

/** Longest error text that is passed on. */
const TEXT_BYTES = 2048;
/**
 * Tries before a thread goes to sleep: waking costs 35-48 us, a spinning barrier below 1 us. Where the
 * threads outnumber the cores, spinning only keeps the others from arriving.
 */
const SPINS = 20_000;
/** Longest sleep in milliseconds: a thread that wakes now and then can be ended from outside. */
const NAP_MS = 200;

/** The shared words, and the shared bytes behind them. */
export interface Control {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly text: Uint8Array<SharedArrayBuffer>;
  readonly threads: number;
  /** Tries before a thread goes to sleep. */
  readonly spins: number;
}

/** How a thread left a barrier; `late`: the others did not come within the limit. */
export type Arrival = "released" | "aborted" | "late";

/** Memory for the control block of `threads` threads; `viewControl` gives each thread its view. */
export function createControlMemory(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer((POSITIONS + threads * LINE) * 4 + TEXT_BYTES);
}

/** A view of a control block. */
export function viewControl(memory: SharedArrayBuffer, threads: number): Control {
  const words = POSITIONS + threads * LINE;
  return {
    words: new Int32Array(memory, 0, words),
    text: new Uint8Array(memory, words * 4, TEXT_BYTES),
    threads,
    spins: threads <= navigator.hardwareConcurrency ? SPINS : 0,
  };
}

/**
 * Waits until every thread has arrived. Spins first, then sleeps. Everything a thread wrote before it
 * arrived is visible to all of them afterwards. Gives up after sleeping for `limitMs` milliseconds,
 * unless another thread has just begun a step. Time in which the whole process stands still, as when
 * it is suspended, does not count.
 */
export function arrive(control: Control, limitMs = Infinity): Arrival {
  const { words, threads, spins } = control;
  if (threads === 1) return "released";
  const phase = Atomics.load(words, PHASE);
  if (phase === ABORTED) return "aborted";
  if (Atomics.add(words, ARRIVED, 1) === threads - 1) {
    Atomics.store(words, ARRIVED, 0);
    const next = phase === LAST_PHASE ? 0 : phase + 1;
    // Fails only if a thread that waited here has given up in the meantime.
    if (Atomics.compareExchange(words, PHASE, phase, next) !== phase) return "aborted";
    if (Atomics.load(words, SLEEPERS) > 0) Atomics.notify(words, PHASE);
    return "released";
  }
  for (let i = 0; i < spins; i++) {
    const now = Atomics.load(words, PHASE);
    if (now !== phase) return now === ABORTED ? "aborted" : "released";
  }
  return sleep(control, phase, limitMs);
}

function sleep(control: Control, phase: number, limitMs: number): Arrival {
  const { words } = control;
  let left = limitMs;
  // A waker that does not see this count has changed the phase already, and then `wait` returns at once.
  Atomics.add(words, SLEEPERS, 1);
  let now = Atomics.load(words, PHASE);
  while (now === phase && left > 0) {
    const nap = Math.min(left, NAP_MS);
    const positions = positionsOf(control);
    const start = performance.now();
    Atomics.wait(words, PHASE, phase, nap);
    // A longer nap than asked for: nobody computed in the rest of it either.
    left -= Math.min(performance.now() - start, nap);
    if (left <= 0 && positionsOf(control) !== positions) left = NAP_MS;
    now = Atomics.load(words, PHASE);
  }
  Atomics.sub(words, SLEEPERS, 1);
  if (now === phase) return "late";
  return now === ABORTED ? "aborted" : "released";
}

/** Ends every barrier from now on, for all threads. The first thread to call this leaves its message. */
export function abort(control: Control, thread: number, message: string): void {
  const { words, text } = control;
  if (Atomics.compareExchange(words, FAILED, 0, thread + 1) === 0) {
    // encodeInto does not take shared memory everywhere.
    const bytes = new TextEncoder().encode(message).subarray(0, TEXT_BYTES);
    text.set(bytes);
    Atomics.store(words, TEXT_LENGTH, bytes.length);
  }
  Atomics.store(words, PHASE, ABORTED);
  Atomics.notify(words, PHASE);
}

/** Which thread failed first, at which step, and what it said; undefined if none has. */
export function failureOf(
  control: Control,
): { thread: number; step: number; message: string } | undefined {
  const thread = Atomics.load(control.words, FAILED) - 1;
  if (thread < 0) return undefined;
  const length = Atomics.load(control.words, TEXT_LENGTH);
  const message = new TextDecoder().decode(control.text.slice(0, length));
  return { thread, step: positionOf(control, thread), message };
}

/** Sets what the threads do after the next barrier: a program's index, or `STOP`. */
export function setCommand({ words }: Control, command: number): void {
  words[COMMAND] = command;
}

/** The command last set. */
export function commandOf({ words }: Control): number {
  return words[COMMAND];
}

/** Notes that a thread starts a step, for error messages. */
export function setPosition({ words }: Control, thread: number, step: number): void {
  words[POSITIONS + thread * LINE] = step;
}

/** All positions, to be compared. */
function positionsOf(control: Control): string {
  return Array.from({ length: control.threads }, (_, i) => positionOf(control, i)).join();
}

/** The step a thread works at, or worked at last. */
export function positionOf({ words }: Control, thread: number): number {
  return Atomics.load(words, POSITIONS + thread * LINE);
}
