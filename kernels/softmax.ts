/** Softmax over the last dim, optionally causal, with its gradient. */

// Dims: Q queries, K keys (the dim that adds up to 1), ... the rest; BATCH the number of the rest.

import { defineOp } from "../graph/ir/define_op.ts";
import type { Attrs, Call } from "../graph/ir/op.ts";
import { formatDims, sizeOf, type TensorType } from "../graph/ir/tensor.ts";
import { loopKernel } from "./lang/loop_kernel.ts";

const attrs = {
  scale: { default: 1, doc: "factor on x before the exponential" },
  causal: {
    default: "",
    doc:
      "the query dim (the one before the last): query i sees the keys up to i, counted from the end",
  },
};

/**
 * `exp(scale x) / sum of exp(scale x)` over the last dim. With `causal`, query i of Q sees the first
 * i + 1 + K - Q of the K keys and the others get 0.
 */
export const softmax = defineOp({
  name: "softmax",
  doc: "Exponentials of scale * x divided by their sum over the last dim.",
  inputs: ["x"],
  outputs: ["y"],
  attrs,
  signature: (_, { causal }) => causal === "" ? "... K! -> ... K!" : "... Q! K! -> ... Q! K!",
  check: checkCausal,
  inPlace: { y: "x" },
  flops: (call) => 6 * seen(call),
  reference([x], call) {
    const y = new Float64Array(x.length);
    eachRow(call, (start, end) => {
      let [largest, total] = [-Infinity, 0];
      for (let i = start; i < end; i++) {
        largest = Math.max(largest, x[i] * Number(call.attrs.scale));
      }
      for (let i = start; i < end; i++) {
        total += y[i] = Math.exp(x[i] * Number(call.attrs.scale) - largest);
      }
      for (let i = start; i < end; i++) y[i] /= total;
    });
    return [y];
  },
  kernel: (call) =>
    loopKernel(call, {
      over: ["K"],
      ...limitOf(call),
      body: `
        z = x * scale
        e = exp(z - max_over(z))
        y = e / sum_over(e)
      `,
    }),
  vjp(builder, { outputs: [y], attrs }, [dy]) {
    return dy ? builder.call(softmaxGrad, [y, dy], attrs) : [undefined];
  },
});

/** The gradient of `softmax` from its result: `scale y (dy - sum of y dy)`. */
export const softmaxGrad = defineOp({
  name: "softmax_grad",
  doc: "The gradient of softmax.",
  inputs: ["y", "dy"],
  outputs: ["dx"],
  attrs,
  signature: (_, { causal }) =>
    causal === "" ? "... K!, ... K! -> ... K!" : "... Q! K!, ... Q! K! -> ... Q! K!",
  check: checkCausal,
  linear: ["dy"],
  inPlace: { dx: "dy" },
  flops: (call) => 5 * seen(call),
  reference([y, dy], call) {
    const dx = new Float64Array(y.length);
    eachRow(call, (start, end) => {
      let dot = 0;
      for (let i = start; i < end; i++) dot += y[i] * dy[i];
      for (let i = start; i < end; i++) dx[i] = Number(call.attrs.scale) * y[i] * (dy[i] - dot);
    });
    return [dx];
  },
  kernel: (call) =>
    loopKernel(call, {
      over: ["K"],
      ...limitOf(call),
      body: `
        dot = sum_over(y * dy)
        dx = scale * y * (dy - dot)
      `,
    }),
});

function checkCausal([{ dims }]: readonly TensorType[], { causal }: Attrs) {
  if (causal === "") return;
  const [queries, keys] = dims.slice(-2);
  if (dims.length < 2 || queries.name !== causal || queries.size > keys.size) {
    throw new RangeError(
      `the dim before the last must be ${causal}, no longer than the last, got ${formatDims(dims)}`,
    );
  }
}

/** The keys that query `row` of the whole tensor sees, as a range of elements. */
function eachRow(
  { dims: { Q, K }, inputs: [x] }: Call,
  body: (start: number, end: number) => void,
) {
  const rows = sizeOf(x) / K;
  for (let row = 0; row < rows; row++) {
    body(row * K, row * K + (Q === undefined ? K : row % Q + 1 + K - Q));
  }
}

/** How many elements of x are seen: of Q queries over K keys, query i sees i + 1 + K - Q. */
function seen({ dims: { Q, K }, inputs: [x] }: Call): number {
  if (Q === undefined) return sizeOf(x);
  return sizeOf(x) / (Q * K) * (Q * (K - Q) + Q * (Q + 1) / 2);
}

/** The bound of the loop over K. */
function limitOf({ dims: { Q, K } }: Call): { limit?: string } {
  return Q === undefined ? {} : { limit: `index(Q) + ${1 + K - Q}` };
}
