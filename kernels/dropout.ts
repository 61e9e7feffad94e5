/** Dropout (Srivastava et al. 2014). The mask is drawn again for the gradient, never stored. */

import { defineOp } from "../graph/ir/define_op.ts";
import type { Attrs } from "../graph/ir/op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { checkNumber } from "./_check_number.ts";
import { loopKernel } from "./lang/loop_kernel.ts";
import { threefry2x32 } from "./lang/threefry.ts";

/** Random numbers are compared in steps of 2^-24, which floats hold exactly. */
const STEPS = 2 ** 24;

/**
 * Sets each element of `x` to 0 with probability `p` and divides the others by 1 - p. Element i of
 * the tensor draws number i of the stream (`key`, `stream`), so the same call gives the same mask.
 */
export const dropout = defineOp({
  name: "dropout",
  doc: "Sets elements of x to 0 at random and scales up the others.",
  inputs: ["x", "key"],
  outputs: ["y"],
  attrs: {
    p: { doc: "probability of 0" },
    stream: { default: 0, doc: "integer that tells the calls of a step apart" },
  },
  dtypes: { key: "u32" },
  signature: "...!,  -> ...",
  check: (_, attrs) => checkNumber(attrs, "p", 1),
  linear: ["x"],
  inPlace: { y: "x" },
  flops: ({ inputs: [x] }) => sizeOf(x),
  reference([x, [key]], { attrs }) {
    const { threshold, scale, stream } = constants(attrs);
    return [x.map((value, i) => {
      const [bits] = threefry2x32(key, stream, i, 0);
      return bits >>> 8 >= threshold ? value * scale : 0;
    })];
  },
  kernel(call) {
    const { threshold, scale } = constants(call.attrs);
    return loopKernel(call, {
      body: `
        bits = random(key, stream, u32(index(BATCH))) >> 8
        y = where(f32(bits) >= ${threshold}, x * ${scale}, 0)
      `,
    });
  },
  vjp(builder, { inputs: [, key], attrs }, [dy]) {
    return [dy && builder.call(dropout, [dy, key], attrs)[0], undefined];
  },
});

function constants({ p, stream }: Attrs) {
  return {
    threshold: Math.round(Number(p) * STEPS),
    scale: 1 / (1 - Number(p)),
    stream: Number(stream),
  };
}
