/** Ops small enough to see through, for tests of the graph alone. */

import { defineOp } from "../../graph/ir/define_op.ts";

/** x + y */
export const add = defineOp({
  name: "add",
  doc: "Adds.",
  inputs: ["x", "y"],
  outputs: ["z"],
  signature: "..., ... -> ...",
  inPlace: { z: "x" },
  flops: ({ dims }) => dims.BATCH,
  reference: ([x, y]) => [x.map((value, i) => value + y[i])],
  fuse: (builder, node, mine) => {
    const [x, y] = node.inputs;
    if (x.node?.op !== double || !mine(x)) return undefined;
    return builder.call(addTwice, [x.node.inputs[0], y]);
  },
  vjp: (_builder, _node, [dz]) => [dz, dz],
});

/** 2 x + y */
export const addTwice = defineOp({
  name: "add_twice",
  doc: "Adds the first operand twice.",
  inputs: ["x", "y"],
  outputs: ["z"],
  signature: "..., ... -> ...",
  flops: ({ dims }) => 2 * dims.BATCH,
  reference: ([x, y]) => [x.map((value, i) => 2 * value + y[i])],
});

/** 2 x */
export const double = defineOp({
  name: "double",
  doc: "Doubles.",
  inputs: ["x"],
  outputs: ["y"],
  signature: "... -> ...",
  linear: ["x"],
  inPlace: { y: "x" },
  flops: ({ dims }) => dims.BATCH,
  reference: ([x]) => [x.map((value) => 2 * value)],
  vjp: (builder, _node, [dy]) => [dy && builder.call(double, [dy])[0]],
});

/** x, under another name */
export const same = defineOp({
  name: "same",
  doc: "Returns its operand.",
  inputs: ["x"],
  outputs: ["y"],
  signature: "... -> ...",
  linear: ["x"],
  alias: () => true,
  flops: () => 0,
  reference: ([x]) => [x],
  fold: (_builder, node) => [node.inputs[0]],
});

/** Matrix product, without a gradient. */
export const matmul = defineOp({
  name: "matmul",
  doc: "Multiplies matrices.",
  inputs: ["a", "b"],
  outputs: ["c"],
  signature: "M K, K N -> M N",
  linear: ["a", "b"],
  reduces: "sum",
  flops: ({ dims: { M, N, K } }) => 2 * M * N * K,
  reference: ([a, b], { dims: { M, N, K } }) => {
    const c = new Float64Array(M * N);
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        for (let k = 0; k < K; k++) c[m * N + n] += a[m * K + k] * b[k * N + n];
      }
    }
    return [c];
  },
});

/** Scales rows to unit root mean square: a whole dim and an attribute. */
export const norm = defineOp({
  name: "norm",
  doc: "Normalises rows.",
  inputs: ["x", "weight"],
  outputs: ["y"],
  attrs: { eps: { default: 1e-5, doc: "added to the mean square" } },
  signature: "... D!, D! -> ... D!",
  flops: ({ dims: { BATCH, D } }) => 4 * BATCH * D,
  reference: ([x]) => [x],
});
