/** Random tensors from a counter: the same key, stream and element give the same number everywhere. */

import { defineOp } from "../graph/ir/define_op.ts";
import type { Attrs, Call } from "../graph/ir/op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { dimNames, dimsOf, namesOf } from "./_dims.ts";
import { loopKernel } from "./lang/loop_kernel.ts";
import { threefry2x32 } from "./lang/threefry.ts";

/** Numbers in [0, 1) are multiples of 2^-24, which floats hold exactly. */
const STEP = 2 ** -24;

const attrs = {
  dims: { doc: "the dims of the result in order" },
  sizes: { doc: "their sizes" },
  stream: { default: 0, doc: "integer that tells the calls of a step apart" },
};

const description = {
  inputs: ["key"],
  outputs: ["y"],
  dtypes: { key: "u32" },
  signature: (_: unknown, attrs: Attrs) => ` -> ${dimNames(dimsOf(attrs), namesOf(attrs.dims))}`,
  outputDims: (_: unknown, attrs: Attrs) =>
    Object.fromEntries(dimsOf(attrs).map((dim) => [dim.name, dim])),
  vjp: () => [undefined],
} as const;

/** Numbers spread evenly over `low` to below `high`. */
export const randomUniform = defineOp({
  ...description,
  name: "random_uniform",
  doc: "Random numbers spread evenly over an interval.",
  attrs: {
    ...attrs,
    low: { default: 0, doc: "the least number" },
    high: { default: 1, doc: "above all numbers" },
  },
  flops: ({ outputs: [y] }) => 2 * sizeOf(y),
  reference([[key]], { outputs: [type], attrs: { stream, low, high } }) {
    const range = Number(high) - Number(low);
    return [
      new Float64Array(sizeOf(type)).map((_, i) =>
        Number(low) + range * STEP * draw(key, Number(stream), i)
      ),
    ];
  },
  kernel: (call) =>
    loopKernel(call, {
      body: `y = low + f32(random(key, stream, ${counter(call)}) >> 8) * ((high - low) * ${STEP})`,
    }),
});

/** Normally distributed numbers (Box and Muller 1958), at most 5.8 deviations from the mean. */
export const randomNormal = defineOp({
  ...description,
  name: "random_normal",
  doc: "Normally distributed random numbers.",
  attrs: {
    ...attrs,
    mean: { default: 0, doc: "their mean" },
    std: { default: 1, doc: "their standard deviation" },
  },
  flops: ({ outputs: [y] }) => 8 * sizeOf(y),
  reference([[key]], { outputs: [type], attrs: { stream, mean, std } }) {
    return [
      new Float64Array(sizeOf(type)).map((_, i) => {
        // Above 0, so that the logarithm is finite.
        const radius = STEP * (draw(key, Number(stream), 2 * i) + 1);
        const turn = STEP * draw(key, Number(stream), 2 * i + 1);
        const normal = Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * turn);
        return Number(mean) + Number(std) * normal;
      }),
    ];
  },
  kernel: (call) =>
    loopKernel(call, {
      body: `
        i = ${counter(call)}
        radius = (f32(random(key, stream, 2 * i) >> 8) + 1) * ${STEP}
        turn = f32(random(key, stream, 2 * i + 1) >> 8) * ${STEP}
        y = mean + std * sqrt(-2 * log(radius)) * cos(2 * pi * turn)
      `,
    }),
});

/** The upper 24 bits of random number `i` of a stream. */
function draw(key: number, stream: number, i: number): number {
  return threefry2x32(key, stream, i, 0)[0] >>> 8;
}

/** The number of an element in row-major order, as an expression of type u32. */
function counter({ outputs: [{ dims }] }: Call): string {
  const flat = dims.reduce((sum, { name, size }) => `(${sum}) * ${size} + index(${name})`, "0");
  return `u32(${flat})`;
}
