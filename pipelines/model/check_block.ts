/** Checks the names in a block, whatever model uses it: all that is wrong, at once. */

import type { Op } from "../../graph/ir/op.ts";
import type { Problem } from "../schema/problem.ts";
import { problemAt } from "../schema/problem.ts";
import type { Place } from "../schema/tree.ts";
import type { Block, BlockNode, Blocks, Filling } from "./block.ts";
import { expressionNames } from "./build_op.ts";
import { withoutReferences } from "./constant.ts";
import { known, NodeError } from "./_node_error.ts";
import { parameterOps } from "./parameter_ops.ts";

/** What the names in a block may refer to. */
export interface Known {
  readonly ops: Readonly<Record<string, Op>>;
  readonly blocks: Blocks;
}

type Report = (
  place: Place,
  code: string,
  message: string,
  word?: string,
  names?: Iterable<string>,
) => void;

/** Everything that is wrong with the names in a block. */
export function checkBlock(block: Block, table: Known): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (place, code, message, word, names) =>
    problems.push(
      problemAt(
        place,
        code,
        `${message} in block ${block.name}`,
        names ? known(word ?? "", names) : {},
      ),
    );
  const ids = [...block.inputs, ...block.nodes.map(({ id }) => id)];
  const earlier = new Set(block.inputs);
  const checkId = (id: string, place: Place) => {
    if (earlier.has(id)) return;
    if (ids.includes(id)) report(place, "forward-reference", `"${id}" comes only later`);
    else report(place, "unknown-id", `unknown id "${id}"`, id, earlier);
  };
  for (const filling of block.slots.values()) {
    if (filling) checkFilling(filling, block, table, report);
  }
  for (const node of block.nodes) {
    if (earlier.has(node.id)) {
      report(node.locate("id"), "duplicate-id", `id "${node.id}" is taken`);
    }
    checkTarget(node, block, table, report);
    try {
      for (const id of operandIds(node)) checkId(id, node.locate(node.operands ? "in" : "expr"));
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      report(node.locate("expr"), error.detail.code, error.message);
    }
    if (node.kind === "op" && node.target === "linear" && node.fields.tie !== undefined) {
      checkTie(node, block, checkId, report);
    }
    for (const filling of Object.values(node.slots)) checkFilling(filling, block, table, report);
    earlier.add(node.id);
  }
  if (block.output !== undefined) checkId(block.output, block.place);
  for (const [layout, names] of Object.entries(block.names)) {
    for (const id of Object.keys(names).filter((name) => !ids.includes(name))) {
      const message = `names.${layout} has the unknown id "${id}"`;
      const nodes = block.nodes.map((node) => node.id);
      report(block.locateName(layout, id), "unknown-id", message, id, nodes);
    }
  }
  return problems;
}

function checkTarget(node: BlockNode, block: Block, table: Known, report: Report) {
  const { kind, target } = node;
  if (kind === "use") {
    if (block.slots.has(target)) return;
    checkFilling({ ...node, place: node.locate("use") }, block, table, report);
    const used = table.blocks.get(target);
    if (used) checkKeys(node, [...used.attrs.keys()], used.inputs, report);
  } else if (Object.hasOwn(parameterOps, target)) {
    checkKeys(node, parameterOps[target].fields, target === "parameter" ? [] : ["x"], report);
  } else if (Object.hasOwn(table.ops, target)) {
    const { attrs, variadic, inputs } = table.ops[target];
    checkKeys(node, Object.keys(attrs), variadic ? undefined : inputs, report);
  } else {
    const names = [...Object.keys(parameterOps), ...Object.keys(table.ops)];
    report(node.locate("op"), "unknown-op", `unknown op "${target}"`, target, names);
  }
}

/** Attributes and operands of a node against those its op or block declares. */
function checkKeys(
  node: BlockNode,
  attrs: readonly string[],
  inputs: readonly string[] | undefined,
  report: Report,
) {
  const what = `${node.kind === "op" ? "op" : "block"} ${node.target}`;
  for (const key of Object.keys(node.fields)) {
    if (attrs.includes(key)) continue;
    const message = `unknown attribute "${key}" of ${what}`;
    report(node.locate(key, "key"), "unknown-attribute", message, key, attrs);
  }
  if (inputs === undefined || node.operands === undefined) return;
  if (Array.isArray(node.operands)) {
    const count = node.operands.length;
    if (count <= inputs.length) return;
    const message = `${count} operands of ${what}, which has ${inputs.length}`;
    report(node.locate("in"), "operands", message, "", inputs);
    return;
  }
  for (const key of Object.keys(node.operands)) {
    if (inputs.includes(key)) continue;
    report(node.locate("in"), "operands", `unknown operand "${key}" of ${what}`, key, inputs);
  }
}

function checkFilling(filling: Filling, block: Block, table: Known, report: Report) {
  const { kind, target, slots, place } = filling;
  if (kind === "op") return;
  const names = [...block.slots.keys(), ...table.blocks.keys()];
  if (!names.includes(target)) {
    report(place, "unknown-block", `unknown block "${target}"`, target, names);
  }
  const used = block.slots.has(target) ? undefined : table.blocks.get(target);
  for (const [slot, inner] of Object.entries(slots)) {
    if (used && !used.slots.has(slot)) {
      const message = `unknown slot "${slot}" of block ${target}`;
      report(inner.slotPlace, "unknown-slot", message, slot, used.slots.keys());
    }
    checkFilling(inner, block, table, report);
  }
}

function checkTie(
  node: BlockNode,
  block: Block,
  checkId: (id: string, place: Place) => void,
  report: Report,
) {
  const tie = String(node.fields.tie);
  if (tie.includes("$")) return;
  checkId(tie, node.locate("tie"));
  const tied = block.nodes.find(({ id }) => id === tie);
  if (tied && !(tied.kind === "op" && ["linear", "embedding"].includes(tied.target))) {
    report(node.locate("tie"), "tie", `tie to "${tie}", which is no linear or embedding`);
  }
}

/** Ids a node refers to: those of `in`, and for a map without `in` the names in its expression. */
function operandIds({ kind, target, operands, fields }: BlockNode): readonly string[] {
  if (operands) return Object.values(operands);
  if (kind !== "op" || target !== "map" || typeof fields.expr !== "string") return [];
  return expressionNames(withoutReferences(fields.expr));
}
