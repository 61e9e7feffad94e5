/** Fuses a call of `map` with what makes its operands. */

import type { Builder, Node, Value } from "../graph/ir/graph.ts";
import { sameDims } from "../graph/ir/tensor.ts";
import { fill } from "./fill.ts";
import {
  type Expression,
  freeNames,
  name as nameOf,
  number as numberOf,
  substitute,
} from "./lang/expression.ts";
import { simplify } from "./lang/simplify.ts";
import { countOperations, countUses, readMap, writeMap } from "./_map_expression.ts";
import { broadcast } from "./sum.ts";

/** Longest expression that fusion makes, in operations: beyond it registers would spill. */
const MAX_OPERATIONS = 48;
/** With its result, such a call has 8 buffers: every WebGPU device takes that many. */
const MAX_OPERANDS = 7;
/** An operand used several times is computed again each time, so only this short a one is fused. */
const MAX_REPEATED = 2;

/**
 * What a call comes to without any work of others: its operand where the expression is only that,
 * or the call with constants and broadcasts taken in. Undefined if there is nothing to simplify.
 */
export function foldMap(builder: Builder, node: Node): readonly Value[] | undefined {
  const { expression, names } = readMap(node.attrs);
  if (expression.kind === "name") {
    const operand = node.inputs[names.indexOf(expression.name)];
    if (sameDims(operand.type.dims, node.outputs[0].type.dims)) return [operand];
  }
  return fuseMap(builder, node, () => false);
}

/**
 * The same call with its operands' producers taken in: another `map` of the same shape that nothing
 * else reads, a constant, a `broadcast` (`map` repeats operands itself). Undefined if there is
 * none.
 */
export function fuseMap(
  builder: Builder,
  { op, inputs, outputs: [y], attrs }: Node,
  mine: (operand: Value) => boolean,
): readonly Value[] | undefined {
  const { expression, names } = readMap(attrs);
  const operands: Value[] = [];
  const replacements: Record<string, Expression> = {};
  let operations = countOperations(expression);
  let changed = false;
  const replacementOf = (value: Value): Expression => {
    if (!operands.includes(value)) operands.push(value);
    return nameOf(`x${operands.indexOf(value)}`);
  };
  // The result takes its dims from the widest operand: one must stay that has them all.
  const hasShape = (value: Value) => sameDims(value.type.dims, y.type.dims);
  let shapes = inputs.filter(hasShape).length;

  inputs.forEach((input, i) => {
    const { node } = input;
    const dispensable = !hasShape(input) || shapes > 1;
    const uses = countUses(expression, names[i]);
    if (node?.op === fill && dispensable) {
      replacements[names[i]] = numberOf(Number(node.attrs.value));
    } else if (node?.op === broadcast && dispensable) {
      replacements[names[i]] = replacementOf(node.inputs[0]);
    } else if (node?.op === op && hasShape(input) && mine(input)) {
      const inner = readMap(node.attrs);
      const added = uses * countOperations(inner.expression);
      const together = new Set([...operands, ...node.inputs, ...inputs.slice(i + 1)]);
      const fits = operations + added <= MAX_OPERATIONS &&
        together.size <= Math.max(MAX_OPERANDS, inputs.length) &&
        (uses <= 1 || countOperations(inner.expression) <= MAX_REPEATED);
      if (!fits) {
        replacements[names[i]] = replacementOf(input);
        return;
      }
      operations += added;
      const renamed = inner.names.map((name, j) => [name, replacementOf(node.inputs[j])] as const);
      replacements[names[i]] = substitute(inner.expression, Object.fromEntries(renamed));
      changed = true;
      return;
    } else {
      replacements[names[i]] = replacementOf(input);
      return;
    }
    if (hasShape(input)) shapes--;
    changed = true;
  });
  if (!changed) return undefined;
  const fused = simplify(substitute(expression, replacements));
  // An operand whose value is no longer used stays only if the result gets its shape from it.
  const used = freeNames(fused);
  const kept = operands.flatMap((value, i) => used.includes(`x${i}`) ? [{ value, i }] : []);
  if (!kept.some(({ value }) => hasShape(value))) {
    const i = operands.findIndex(hasShape);
    kept.push({ value: operands[i], i });
  }
  return builder.call(
    op,
    kept.map(({ value }) => value),
    writeMap({ expression: fused, names: kept.map(({ i }) => `x${i}`) }),
  );
}
