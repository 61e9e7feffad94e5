/** Turns loads into accesses: an operand, a stride along each dim of the loops, and an offset. */

import { affineCoordinate, rangeOf } from "./coordinate.ts";
import { type DagBuilder, type DagNode, rewriteDag } from "./dag.ts";
import type { Operand } from "./operand.ts";
import type { TypedProgram } from "./type_program.ts";

/** How a value steps through a tensor. */
export interface Access {
  readonly operand: Operand;
  /** Elements to go by for one step along each dim of the loops; absent ones are 0. */
  readonly strides: Readonly<Record<string, number>>;
  /** Elements from the start of the tensor to where all coordinates are 0. */
  readonly start: number;
}

/** A program whose loads are accesses. */
export interface ResolvedProgram {
  readonly builder: DagBuilder;
  readonly accesses: readonly Access[];
  /** Values that are stored, each to an access. */
  readonly stores: readonly { readonly access: number; readonly value: DagNode }[];
  readonly limit: DagNode | undefined;
}

const BYTES = 4;

/**
 * Resolves the loads of a program. Coordinates given by `at` are clamped to the dim unless they are
 * known to lie in it; what steps evenly with the loops becomes strides, the rest a byte offset.
 */
export function resolveAccesses(program: TypedProgram): ResolvedProgram {
  const { builder, operands, sizes } = program;
  const accesses: Access[] = [];
  const known = new Map<string, number>();
  const intern = (access: Access): number => {
    const key = JSON.stringify([access.operand.position, access.strides, access.start]);
    const index = known.get(key) ?? accesses.push(access) - 1;
    known.set(key, index);
    return index;
  };

  const resolve = (node: DagNode, coordinates: readonly DagNode[]): DagNode => {
    const operand = operands.find(({ name }) => name === node.name);
    if (!operand) throw new Error(`Cannot resolve load: no operand ${node.name}`);
    const strides: Record<string, number> = {};
    for (const dim of operand.dims) {
      if (!node.dims.includes(dim)) strides[dim] = operand.strides[dim];
    }
    let start = 0;
    let offset: DagNode | undefined;
    node.dims.forEach((dim, i) => {
      const coordinate = clamped(builder, coordinates[i], sizes[dim], sizes);
      const { constant, factors, rest } = affineCoordinate(builder, coordinate);
      const stride = operand.strides[dim];
      start += constant * stride;
      for (const [along, factor] of Object.entries(factors)) {
        strides[along] = (strides[along] ?? 0) + factor * stride;
      }
      if (!rest) return;
      const bytes = builder.binary("mul", rest, builder.constant("i32", stride * BYTES));
      offset = offset ? builder.binary("add", offset, bytes) : bytes;
    });
    return builder.access(node.type, intern({ operand, strides, start }), offset);
  };

  const roots = [
    ...program.stores.map(({ value }) => value),
    ...program.limit ? [program.limit] : [],
  ];
  const resolved = rewriteDag(
    roots,
    (node, args) => node.op === "load" ? resolve(node, args) : builder.rebuild(node, args),
  );
  const stores = program.stores.map(({ operand }, i) => ({
    access: intern({ operand, strides: operand.strides, start: 0 }),
    value: resolved[i],
  }));
  return { builder, accesses, stores, limit: program.limit && resolved[roots.length - 1] };
}

/** `coordinate` brought into `0 .. size - 1`, with no more work than needed. */
function clamped(
  builder: DagBuilder,
  coordinate: DagNode,
  size: number,
  sizes: Readonly<Record<string, number>>,
): DagNode {
  const [least, most] = rangeOf(coordinate, sizes);
  let node = coordinate;
  if (least < 0) node = builder.binary("max", node, builder.constant("i32", 0));
  if (most >= size) node = builder.binary("min", node, builder.constant("i32", size - 1));
  return node;
}
