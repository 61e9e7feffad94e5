/**
 * Placements: how a tensor lies on one mesh axis, and the sharding rule that a signature gives an op.
 *
 * Sharding a dim variable shards every operand and result that has it. A result without it holds on
 * each device a part of a reduction, where the op says which. Operands without it are replicated.
 */

import { parseSignature } from "../ir/signature.ts";
import type { Call, Op } from "../ir/op.ts";
import { operandName } from "../ir/infer.ts";

/** How a tensor lies on one mesh axis. */
export type Placement =
  | { readonly kind: "shard"; readonly dim: string }
  | { readonly kind: "replicate" }
  | { readonly kind: "partial"; readonly reduce: "sum" | "max" };

/** The placement of a tensor that every device of the axis holds whole. */
export const REPLICATE: Placement = { kind: "replicate" };

/** A legal way to place one call on a mesh axis. */
export interface Sharding {
  /** The dim variable that is split; undefined where a Partial passes through. */
  readonly variable: string | undefined;
  readonly inputs: readonly Placement[];
  readonly outputs: readonly Placement[];
}

/** Every sharding of `call` on one axis, besides replicating all of it. */
export function shardingsOf(call: Call): Sharding[] {
  const { op } = call;
  const { inputs, outputs, whole } = parseSignature(op.signature(call.inputs, call.attrs));
  const shardings: Sharding[] = [];
  for (const variable of new Set(inputs.flat())) {
    if (whole.has(variable)) continue;
    for (const dim of call.bindings[variable]) {
      const place = (variables: readonly string[], missing: Placement): Placement =>
        variables.includes(variable) ? { kind: "shard", dim: dim.name } : missing;
      const missing: Placement = op.reduces ? { kind: "partial", reduce: op.reduces } : REPLICATE;
      if (!op.reduces && outputs.some((variables) => !variables.includes(variable))) continue;
      shardings.push({
        variable,
        inputs: inputs.map((variables) => place(variables, REPLICATE)),
        outputs: outputs.map((variables) => place(variables, missing)),
      });
    }
  }
  return [...shardings, ...linearShardings(call, op)];
}

/** A Partial(sum) operand passes through an op that is linear in it. */
function linearShardings(call: Call, op: Op): Sharding[] {
  const partial: Placement = { kind: "partial", reduce: "sum" };
  return call.inputs.flatMap((_, i) =>
    op.linear.includes(operandName(op, i))
      ? [{
        variable: undefined,
        inputs: call.inputs.map((_, j) => i === j ? partial : REPLICATE),
        outputs: call.outputs.map(() => partial),
      }]
      : []
  );
}
