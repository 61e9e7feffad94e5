/** How a contraction is cut into workgroups and threads of a GPU: the one place to tune it. */

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
  /** True: workgroups copy their operands to shared memory first, `depth` steps of k at a time. */
  readonly staged: boolean;
  /** Parts of k that different workgroups compute; a second phase adds them up. */
  readonly splits: number;
}

/** Chooses the cut by the sizes of a contraction. */
export function chooseWebgpuTiling(problem: Contraction): WebgpuTiling {
  const [m, n] = [problem.m, problem.n].map(extent);
  const rows = m < 4 ? m : 4;
  const columns = n < 4 ? n : 4;
  const threadsN = powerBelow(Math.ceil(n / columns), 16);
  const threadsM = powerBelow(Math.ceil(m / rows), 256 / threadsN / 4);
  const threads = { m: threadsM, n: threadsN, k: 1 };
  return { rows, columns, threads, depth: 4, staged: false, splits: 1 };
}

/** The smallest power of two that is not below `wanted`, `most` at most. */
function powerBelow(wanted: number, most: number): number {
  return Math.min(most, 2 ** Math.ceil(Math.log2(wanted)));
}
