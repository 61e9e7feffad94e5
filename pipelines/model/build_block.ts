/** Builds the graph of a block: nodes become calls of ops, used blocks are built in place. */

import type { Value } from "../../graph/ir/graph.ts";
import { formatType, sameType } from "../../graph/ir/tensor.ts";
import type { Attribute } from "../schema/definitions.ts";
import { formatPlace } from "../schema/problem.ts";
import type { BlockNode } from "./block.ts";
import { buildOp } from "./build_op.ts";
import { substituteAll } from "./constant.ts";
import { fill, type Filled, located, withDefaults } from "./fill.ts";
import { innermost, NodeError, pipelineError, type Use } from "./_node_error.ts";
import { innerNames, type OuterNames } from "./outer_names.ts";
import { type BuildContext, inOrder, type Scope, sizeOfDim, valueOf } from "./scope.ts";

/** Nesting beyond this is taken for a block that uses itself. */
const MAX_DEPTH = 32;

/**
 * Adds a block, which the user asked for at `use`, to the graph and returns the value of its
 * output.
 */
export function buildBlock(
  context: BuildContext,
  filled: Filled & { kind: "use" },
  inputs: readonly Value[],
  { path, depth, use, outer }: { path: string; depth: number; use: Use; outer: OuterNames },
): Value {
  const { block } = filled;
  if (depth > MAX_DEPTH) {
    throw pipelineError(block.place, "block-cycle", `block ${block.name} uses itself`);
  }
  if (inputs.length !== block.inputs.length) {
    throw new NodeError(`block ${block.name} is given ${inputs.length} operands`, {
      code: "operands",
      field: "in",
      expected: block.inputs.join(", "),
    });
  }
  const around = withDefaults(filled, context.blocks, context.dims);
  const values = new Map(block.inputs.map((name, i) => [name, inputs[i]]));
  const outerNames = (id: string, index?: number) => innerNames(outer, block, id, index);
  const scope: Scope = {
    context,
    around,
    path,
    values,
    weights: new Map(),
    use,
    depth,
    outerNames,
  };
  let before = inputs[0];
  for (const node of block.nodes) {
    const nodePath = path === "" ? node.id : `${path}.${node.id}`;
    const outer = context.builder.origin;
    const origin = { location: formatPlace(node.place), path: nodePath };
    context.builder.origin = origin;
    const given = before;
    const built = located(node.place, () => buildNode(scope, node, given, nodePath), {
      locate: node.locate,
      suffix: ` (${nodePath})`,
      use: innermost(node.place, use),
    });
    context.builder.origin = outer;
    values.set(node.id, built.value);
    if (!built.skipped) before = built.value;
  }
  return block.output === undefined ? before : valueOf(values, block.output, "output");
}

/** A skipped node is as if it were not there; its id stands for its first operand. */
function buildNode(
  scope: Scope,
  node: BlockNode,
  before: Value,
  path: string,
): { readonly value: Value; readonly skipped: boolean } {
  const operands = node.operands === undefined
    ? [before]
    : Object.values(node.operands).map((id) => valueOf(scope.values, id, "in"));
  const skipped = !constantOf(scope, node.when, "when", "boolean");
  return { value: skipped ? operands[0] : buildNodes(scope, node, operands, path), skipped };
}

/** Adds a node, or all its repetitions. */
function buildNodes(scope: Scope, node: BlockNode, list: readonly Value[], path: string): Value {
  const filled = fill(node, scope.around);
  const use = innermost(filled.place, innermost(node.place, scope.use));
  const buildOne = (inputs: readonly Value[], at: string, index?: number) => {
    scope.context.countNode(path, use);
    const outer = scope.outerNames(node.id, index);
    if (filled.kind === "op") return buildOp(scope, { node, filled, path: at, outer }, inputs);
    const ordered = inOrder(inputs, node, filled.block.inputs);
    const where = { path: at, depth: scope.depth + 1, use, outer };
    return buildBlock(scope.context, filled, ordered, where);
  };
  const build = (inputs: readonly Value[], at: string, index?: number) =>
    located(node.place, () => buildOne(inputs, at, index), {
      locate: node.locate,
      suffix: ` (${path})`,
      use,
    });
  if (node.repeat === undefined) return build(list, path);
  const count = repeatCount(scope, node.repeat);
  let [carried] = list;
  for (let i = 0; i < count; i++) {
    const result = build([carried, ...list.slice(1)], `${path}.${i}`, i);
    if (!sameType(result.type, carried.type)) {
      const [before, after] = [carried, result].map(({ type }) => formatType(type));
      throw new NodeError(
        scope.context.explain(`repeated ${node.target} turns ${before} into ${after}`),
        { code: "repeat", expected: "the type it is given" },
      );
    }
    carried = result;
  }
  return carried;
}

function repeatCount(scope: Scope, repeat: string | number): number {
  if (typeof repeat === "number") return repeat;
  if (!repeat.includes("$")) return sizeOfDim(scope.context, repeat, "repeat");
  const count = Number(constantOf(scope, repeat, "repeat", "number"));
  if (Number.isInteger(count) && count > 0) return count;
  throw new NodeError(`${count} repetitions`, {
    code: "repeat",
    field: "repeat",
    expected: "an integer of 1 or more",
  });
}

function constantOf(
  scope: Scope,
  value: Attribute,
  field: string,
  type: "boolean" | "number",
): unknown {
  const ready = substituteAll(value, scope.around.constants, field);
  if (type === "boolean" ? typeof ready === "boolean" : typeof ready === "number") return ready;
  throw new NodeError(`"${field}" is ${JSON.stringify(ready)}`, {
    code: "wrong-type",
    field,
    expected: type === "boolean" ? "true or false" : "a number",
  });
}
