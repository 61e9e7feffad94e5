/** A training in a Worker of its own, where V8 has compiled nothing yet: what it costs to begin. */

import { askWorker } from "../doctor/ask_worker.ts";
import type { BenchEngine } from "./bench_engine.ts";

/** To the Worker. */
export interface FreshStart {
  readonly model: string;
  readonly engine: BenchEngine;
  readonly steps: number;
}

/** From the Worker. */
export interface FreshResult {
  /** Milliseconds until there was a plan, and until the first step had been read. */
  readonly planMs: number;
  readonly firstStepMs: number;
  readonly planBytes: number;
  /** The most memory that the process held after any of the steps. */
  readonly residentBytes: number;
  /** Set where it went wrong; the other fields then mean nothing. */
  readonly error?: string;
}

/** Milliseconds that a training of a few steps may take. */
const DEADLINE = 600_000;

/** Trains some steps. Throws an Error for what goes wrong there. */
export async function trainFresh(start: FreshStart): Promise<FreshResult> {
  const address = new URL("./fresh_training_worker.ts", import.meta.url);
  const rights = { read: "inherit", env: "inherit", import: "inherit" } as const;
  const asked = await askWorker<FreshResult>(address, start, rights, DEADLINE);
  const problem = "problem" in asked ? asked.problem : asked.answer.error;
  if ("problem" in asked || problem !== undefined) {
    throw new Error(`Cannot train ${start.model} in a Worker: ${problem}`);
  }
  return asked.answer;
}
