/** The interface of a bench. */

import type { BenchEngine } from "./bench_engine.ts";
import type { BenchFigures } from "./bench_line.ts";
import type { Limits } from "./limits.ts";

/** What a bench found about one shape, and the limits if it measured beside them. */
export interface BenchResult {
  readonly figures: BenchFigures;
  readonly limits?: Limits;
}

/** A bench. */
export interface Bench {
  /** What it can measure, in words. */
  readonly shapes: readonly string[];
  /** Measures one of `shapes` on an engine. */
  measure(shape: string, engine: BenchEngine): Promise<BenchResult>;
}
