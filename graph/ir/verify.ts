/** The rules a graph obeys, as a check that runs after every pass. */

import type { Graph, Node, Value } from "./graph.ts";
import { inferCall } from "./infer.ts";
import { formatType, sameType } from "./tensor.ts";

/**
 * Throws an Error naming the first rule that `graph` breaks: every operand is defined before its use,
 * every value once, every node's types are those its op infers, every output is defined.
 */
export function verifyGraph(graph: Graph, after = "build"): Graph {
  const defined = new Set<Value>();
  const ids = new Set<number>();
  const fail = (node: Node | undefined, rule: string): never => {
    throw new Error(
      `Cannot accept the graph after ${after}: ${
        node ? `node ${node.id} (${node.op.name}) ` : ""
      }${rule}`,
    );
  };
  const define = (node: Node | undefined, value: Value) => {
    if (ids.has(value.id)) fail(node, `defines value ${value.id} again`);
    ids.add(value.id);
    defined.add(value);
  };
  for (const [name, value] of graph.inputs) {
    if (value.node || value.name !== name) fail(undefined, `input ${name} is not an input value`);
    define(undefined, value);
  }
  for (const node of graph.nodes) {
    node.inputs.forEach((value, i) => {
      if (!defined.has(value)) fail(node, `uses operand ${i + 1} before it is defined`);
    });
    const call = inferCall(node.op, node.inputs.map((value) => value.type), node.attrs);
    node.outputs.forEach((value, i) => {
      if (value.node !== node || value.index !== i) fail(node, `does not own its result ${i + 1}`);
      if (!call.outputs[i] || !sameType(value.type, call.outputs[i])) {
        fail(
          node,
          `has result ${i + 1} of type ${formatType(value.type)}, its op infers ${
            call.outputs[i] ? formatType(call.outputs[i]) : "none"
          }`,
        );
      }
      define(node, value);
    });
  }
  for (const [name, value] of graph.outputs) {
    if (!defined.has(value)) fail(undefined, `output ${name} is not defined`);
  }
  return graph;
}
