/** Rewrites a graph into an equal, cheaper one: fold, deduplicate, fuse. */

import { createBuilder } from "./build.ts";
import type { Graph, Node, Value } from "./graph.ts";
import { sameType } from "./tensor.ts";
import { verifyGraph } from "./verify.ts";

/** The passes, in the order they run. */
const PASSES = ["fold", "deduplicate", "fuse"] as const;

/** One pass over a graph. */
export type Pass = typeof PASSES[number];

/** Runs `passes` over `graph` and verifies the result of each. Answers do not change. */
export function rewriteGraph(graph: Graph, passes: readonly Pass[] = PASSES): Graph {
  return PASSES.filter((pass) => passes.includes(pass)).reduce(
    (current, pass) => verifyGraph(runPass(current, pass), pass),
    graph,
  );
}

function runPass(graph: Graph, pass: Pass): Graph {
  const builder = createBuilder();
  /** Values of the old graph to values of the new one. */
  const moved = new Map<Value, Value>();
  for (const [name, value] of graph.inputs) moved.set(value, builder.input(name, value.type));
  const uses = countUses(graph);
  const rewrite = rule(pass);
  for (const node of graph.nodes) {
    builder.origin = node.origin;
    const inputs = node.inputs.map((value) => moved.get(value)!);
    const results = rewrite(node, inputs);
    node.outputs.forEach((value, i) => {
      moved.set(value, results[i]);
      // A result that stands for a value of the old graph has at least its readers.
      uses.set(results[i], (uses.get(results[i]) ?? 0) + (uses.get(value) ?? 0));
      if (!sameType(value.type, results[i].type)) {
        throw new Error(`Cannot ${pass} ${node.op.name}: the result would change its type`);
      }
    });
  }
  const outputs: Record<string, Value> = {};
  for (const [name, value] of graph.outputs) outputs[name] = moved.get(value)!;
  return builder.finish(outputs);

  function rule(name: Pass): (node: Node, inputs: readonly Value[]) => readonly Value[] {
    const copy = (node: Node, inputs: readonly Value[]) =>
      builder.call(node.op, inputs, node.attrs);
    if (name === "deduplicate") {
      const known = new Map<string, readonly Value[]>();
      return (node, inputs) => {
        const ids = inputs.map((value) => value.id).join();
        const key = `${node.op.name}(${ids})${JSON.stringify(node.attrs)}`;
        const results = known.get(key) ?? copy(node, inputs);
        known.set(key, results);
        return results;
      };
    }
    return (node, inputs) => {
      const results = copy(node, inputs);
      const copied = results[0].node!;
      const better = name === "fold"
        ? copied.op.fold?.(builder, copied)
        : copied.op.fuse?.(builder, copied, (value) => uses.get(value) === 1);
      return better ?? results;
    };
  }
}

/** How many operands and outputs of the graph each value is. */
function countUses(graph: Graph): Map<Value, number> {
  const uses = new Map<Value, number>();
  const count = (value: Value) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(count);
  for (const value of graph.outputs.values()) count(value);
  return uses;
}
