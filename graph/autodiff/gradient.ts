/** Reverse-mode gradients: the gradient of a graph is more graph. */

import type { Builder, Node, Origin, Value } from "../ir/graph.ts";
import { formatType, sameType } from "../ir/tensor.ts";

/** What gradients need of the ops, which the graph does not know. */
export interface GradientOptions {
  /** The cotangent of `of`, e.g. ones; it has the type of `of`. */
  readonly seed: Value;
  /** Adds two values of one type. */
  readonly add: (a: Value, b: Value) => Value;
}

/** Thrown where an op on the way has no gradient. */
export class GradientError extends TypeError {
  override readonly name = "GradientError";
  /** Where the call of the op comes from. */
  readonly origin: Origin | undefined;

  constructor(message: string, origin: Origin | undefined) {
    super(message);
    this.origin = origin;
  }
}

/**
 * Adds the gradients of `of` with respect to each value of `wrt` to the graph being built.
 * `undefined` stands where `of` does not depend on a value in a differentiable way.
 * Throws a GradientError where an op that the gradient passes has none.
 */
export function gradients(
  builder: Builder,
  of: Value,
  wrt: readonly Value[],
  { seed, add }: GradientOptions,
): (Value | undefined)[] {
  const cotangents = new Map<number, Value>([[of.id, seed]]);
  const origin = builder.origin;
  for (const node of nodesBetween(wrt, of)) {
    const arriving = node.outputs.map((output) => cotangents.get(output.id));
    if (arriving.every((cotangent) => cotangent === undefined)) continue;
    if (!node.op.vjp) {
      const message = `Cannot differentiate ${node.op.name}: the op has no gradient`;
      throw new GradientError(message, node.origin);
    }
    builder.origin = node.origin;
    const leaving = node.op.vjp(builder, node, arriving);
    node.inputs.forEach((input, i) => {
      const cotangent = leaving[i];
      if (!cotangent) return;
      if (!sameType(cotangent.type, input.type)) {
        throw new TypeError(
          `Cannot differentiate ${node.op.name}: the gradient of operand ${i + 1} is ` +
            `${formatType(cotangent.type)}, expected ${formatType(input.type)}`,
        );
      }
      const sum = cotangents.get(input.id);
      cotangents.set(input.id, sum ? add(sum, cotangent) : cotangent);
    });
  }
  builder.origin = origin;
  return wrt.map((value) => cotangents.get(value.id));
}

/** Nodes on a path from `sources` to `target`, last first. */
function nodesBetween(sources: readonly Value[], target: Value): Node[] {
  const reaches = new Map<number, boolean>(sources.map((value) => [value.id, true]));
  const nodes: Node[] = [];
  const visit = (root: Value) => {
    // An explicit stack: a deep model would overflow the call stack.
    const stack: { value: Value; next: number }[] = [{ value: root, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const { node } = top.value;
      if (reaches.has(top.value.id) || !node) {
        if (!reaches.has(top.value.id)) reaches.set(top.value.id, false);
        stack.pop();
      } else if (top.next < node.inputs.length) {
        stack.push({ value: node.inputs[top.next++], next: 0 });
      } else {
        const reached = node.inputs.some((input) => reaches.get(input.id));
        for (const output of node.outputs) reaches.set(output.id, reached);
        if (reached) nodes.push(node);
        stack.pop();
      }
    }
  };
  visit(target);
  return nodes.sort((a, b) => b.id - a.id);
}
