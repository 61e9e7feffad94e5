/** Words for a node of a graph in messages of the engines. */

import type { Node } from "../graph/ir/graph.ts";
import { formatType } from "../graph/ir/tensor.ts";

/** `einsum (layers.3.ffn.gate, pipeline.yaml:12:7): f32[...], f32[...] -> f32[...]` */
export function describeNode(node: Node): string {
  const types = (values: Node["inputs"]) => values.map(({ type }) => formatType(type)).join(", ");
  const origin = node.origin ? ` (${node.origin.path}, ${node.origin.location})` : "";
  return `op ${node.op.name}${origin}: ${types(node.inputs)} -> ${types(node.outputs)}`;
}
