/** The kernel of any contraction of two tensors: which way round, and by which method. */

import type { Kernel } from "../../graph/ir/kernel.ts";
import { type Contraction, simplify, transpose } from "./contraction.ts";
import { dotMatmul, suitsDots } from "./dot_matmul.ts";
import { tiledMatmul } from "./tiled_matmul.ts";
import { suitsPlain, webgpuPlainMatmul } from "./webgpu_plain_matmul.ts";
import { webgpuTiledMatmul } from "./webgpu_tiled_matmul.ts";

/**
 * Makes the kernel of a contraction: parameters are a, b and c. Each element of c is computed
 * within one unit, in an order that depends on the shapes only.
 */
export function matmulKernel(contraction: Contraction): Kernel {
  const straight = simplify(contraction);
  // Results are written by vectors along n, so the contiguous axis of c should be in n.
  const swapped = straight.m.some(({ c }) => c === 1);
  const problem = swapped ? transpose(straight) : straight;
  return {
    key: `matmul ${JSON.stringify({ swapped, ...problem })}`,
    wasm: () => (suitsDots(problem) ? dotMatmul : tiledMatmul)(problem, swapped),
    webgpu: (bindings) =>
      (suitsPlain(problem) ? webgpuPlainMatmul : webgpuTiledMatmul)(problem, swapped, bindings),
  };
}
