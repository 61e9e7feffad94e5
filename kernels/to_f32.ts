/** Integers as floats. */

import { defineOp } from "../graph/ir/define_op.ts";
import { loopKernel } from "./lang/loop_kernel.ts";

/** Each integer of `x` as a float; exact below 2^24. */
export const toF32 = defineOp({
  name: "to_f32",
  doc: "Integers as floats.",
  inputs: ["x"],
  outputs: ["y"],
  dtypes: { x: "i32" },
  signature: "... -> ...",
  flops: () => 0,
  reference: ([x]) => [x.slice()],
  kernel: (call) => loopKernel(call, { body: "y = f32(x)" }),
  vjp: () => [undefined],
});
