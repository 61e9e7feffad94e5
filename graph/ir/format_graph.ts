/** The text form of a graph: one line per input, node and output; for people and golden files. */

import type { Graph, Value } from "./graph.ts";
import { formatType } from "./tensor.ts";

/**
 * Prints a graph. Values are numbered in the order they appear, so equal graphs print alike:
 *
 *     %0 = input x: f32[batch=2 embed=8]
 *     %1 = map(%0) {expr="exp(x)"}: f32[batch=2 embed=8]
 *     output y = %1
 */
export function formatGraph(graph: Graph): string {
  const names = new Map<number, string>();
  const define = (value: Value) => {
    const name = `%${names.size}`;
    names.set(value.id, name);
    return name;
  };
  const lines: string[] = [];
  for (const [name, value] of graph.inputs) {
    lines.push(`${define(value)} = input ${name}: ${formatType(value.type)}`);
  }
  for (const node of graph.nodes) {
    const operands = node.inputs.map((value) => names.get(value.id) ?? "%?").join(", ");
    const attrs = Object.entries(node.attrs).map(([key, value]) =>
      `${key}=${JSON.stringify(value)}`
    );
    const results = node.outputs.map(define).join(", ");
    const types = node.outputs.map((value) => formatType(value.type)).join(", ");
    lines.push(
      `${results} = ${node.op.name}(${operands})${
        attrs.length > 0 ? ` {${attrs.join(", ")}}` : ""
      }: ${types}`,
    );
  }
  for (const [name, value] of graph.outputs) {
    lines.push(`output ${name} = ${names.get(value.id) ?? "%?"}`);
  }
  return lines.join("\n") + "\n";
}
