/** Computes graphs by the references of their ops. */

import type { Graph, Value } from "../graph/ir/graph.ts";

/** The outputs of a graph for the values of its inputs, all by name and in double precision. */
export function interpret(
  graph: Graph,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, number[]> {
  const values = new Map<Value, Float64Array>();
  for (const [name, value] of graph.inputs) values.set(value, Float64Array.from(inputs[name]));
  for (const { op, inputs: operands, outputs, call } of graph.nodes) {
    const results = op.reference(operands.map((value) => values.get(value)!), call);
    outputs.forEach((value, i) => values.set(value, results[i]));
  }
  return Object.fromEntries([...graph.outputs].map(([name, value]) => [
    name,
    [...values.get(value)!],
  ]));
}
