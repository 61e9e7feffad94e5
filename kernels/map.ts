/** Elementwise expressions: one op for all elementwise math, differentiated symbolically and fused. */

import { defineOp } from "../graph/ir/define_op.ts";
import type { Builder, Node, Value } from "../graph/ir/graph.ts";
import type { Attrs } from "../graph/ir/op.ts";
import { type Dim, formatDims, sameDims, sizeOf, type TensorType } from "../graph/ir/tensor.ts";
import { dimNames, without } from "./_dims.ts";
import { eachIndex } from "./_each_index.ts";
import { foldMap, fuseMap } from "./_fuse_map.ts";
import { compileEvaluator } from "./lang/evaluate_expression.ts";
import { expressionType } from "./lang/expression_type.ts";
import { pullback } from "./lang/derive.ts";
import { formatExpression, freeNames, name as nameOf, substitute } from "./lang/expression.ts";
import { loopKernel } from "./lang/loop_kernel.ts";
import { countOperations, readMap, writeMap } from "./_map_expression.ts";
import { sum } from "./sum.ts";

/**
 * The value of `expr` for each element. Operands are matched by dim name: the result has the dims of
 * the operand with the most dims, and the dims of every other operand must be among these, in order.
 */
export const map = defineOp({
  name: "map",
  doc: "An expression of the operands, element by element.",
  inputs: ["x"],
  variadic: true,
  outputs: ["y"],
  attrs: {
    expr: { doc: "the expression, such as silu(gate) * up" },
    names: {
      default: [],
      doc: "the operands' names in the expression, in order; default: as they first occur in it",
    },
  },
  signature: (inputs) =>
    `${inputs.map(({ dims }) => dimNames(dims)).join(", ")} -> ${dimNames(widest(inputs))}`,
  check: checkMap,
  inPlace: { y: "x" },
  flops: ({ outputs: [y], attrs }) => sizeOf(y) * countOperations(readMap(attrs).expression),
  reference(inputs, { inputs: types, outputs: [type], attrs }) {
    const y = new Float64Array(sizeOf(type));
    const { expression, names } = readMap(attrs);
    const evaluate = compileEvaluator(expression, names);
    const values = new Array<number>(inputs.length);
    eachIndex(type.dims, [type.dims, ...types.map(({ dims }) => dims)], (offsets) => {
      for (let i = 0; i < values.length; i++) values[i] = inputs[i][offsets[i + 1]];
      y[offsets[0]] = evaluate(values);
    });
    return [y];
  },
  kernel(call) {
    // Operands by number, so that a name like that of the result does no harm.
    const { expression, names } = readMap(call.attrs);
    const numbers = names.map((_, i) => `x${i}`);
    const numbered = Object.fromEntries(names.map((name, i) => [name, nameOf(numbers[i])]));
    const body = `y = ${formatExpression(substitute(expression, numbered))}`;
    return loopKernel(call, { names: numbers, body });
  },
  fold: (builder, node) => foldMap(builder, node),
  fuse: (builder, node, mine) => fuseMap(builder, node, mine),
  vjp: (builder, node, [dy]) =>
    dy ? gradients(builder, node, dy) : node.inputs.map(() => undefined),
});

function gradients(builder: Builder, { inputs, outputs: [y], attrs }: Node, dy: Value) {
  const { expression: forward, names } = readMap(attrs);
  let cotangent = "dy";
  while (names.includes(cotangent)) cotangent += "_";
  return pullback(forward, names, cotangent).map((expression, i) => {
    const used = freeNames(expression);
    if (!used.includes(cotangent)) return undefined;
    let dx = dy;
    if (expression.kind !== "name") {
      const operands = names.flatMap((name, j) => used.includes(name) ? [{ name, j }] : []);
      [dx] = builder.call(
        map,
        [dy, ...operands.map(({ j }) => inputs[j])],
        writeMap({ expression, names: [cotangent, ...operands.map(({ name }) => name)] }),
      );
    }
    const repeated = without(y.type.dims, inputs[i].type.dims.map(({ name }) => name));
    if (repeated.length === 0) return dx;
    return builder.call(sum, [dx], { dims: repeated.map(({ name }) => name) })[0];
  });
}

function widest(inputs: readonly TensorType[]): readonly Dim[] {
  return inputs.reduce((best, { dims }) => dims.length > best.length ? dims : best, inputs[0].dims);
}

function checkMap(inputs: readonly TensorType[], attrs: Attrs) {
  const { expression, names } = readMap(attrs);
  const unknown = freeNames(expression).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`"${unknown}" is no operand, expected ${names.join(", ")}`);
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new RangeError(`two operands have the name ${twice}`);
  if (names.length !== inputs.length) {
    throw new RangeError(
      `the expression has ${names.length} operands (${names.join(", ")}), got ${inputs.length}`,
    );
  }
  const types = Object.fromEntries(names.map((name, i) => [name, inputs[i].dtype]));
  const type = expressionType(expression, types, String(attrs.expr));
  if (type !== "f32") throw new TypeError(`the expression must be an f32 number, it is ${type}`);
  const all = widest(inputs);
  inputs.forEach(({ dims }, i) => {
    const kept = all.filter(({ name }) => dims.some((dim) => dim.name === name));
    if (!sameDims(kept, dims)) {
      throw new RangeError(
        `${names[i]} must have dims of ${formatDims(all)} in order, got ${formatDims(dims)}`,
      );
    }
  });
}
