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

/**
 * Resolves the loads of a program. Coordinates given by `at` are clamped to the dim unless they are
 * known to lie in it; what steps evenly with the loops becomes strides, the rest an offset, counted
 * in `offsetsPerElement` to an element.
 */
export function resolveAccesses(
  program: TypedProgram,
  offsetsPerElement: number,
): ResolvedProgram {
  const { builder, operands, sizes, origin, extents } = program;
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
    const own = operand.dims.filter((dim) => !node.dims.includes(dim));
    const strides = pick(operand.strides, own);
    let start = startOf(operand, own, origin);
    let offset: DagNode | undefined;
    node.dims.forEach((dim, i) => {
      const coordinate = clamped(builder, coordinates[i], sizes[dim], extents);
      const { constant, factors, rest } = affineCoordinate(builder, coordinate);
      const stride = operand.strides[dim];
      start += constant * stride;
      for (const [along, factor] of Object.entries(factors)) {
        strides[along] = (strides[along] ?? 0) + factor * stride;
      }
      if (!rest) return;
      const factor = builder.constant("i32", stride * offsetsPerElement);
      const moved = builder.binary("mul", rest, factor);
      offset = offset ? builder.binary("add", offset, moved) : moved;
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
    access: intern({
      operand,
      strides: operand.strides,
      start: startOf(operand, operand.dims, origin),
    }),
    value: resolved[i],
  }));
  return { builder, accesses, stores, limit: program.limit && resolved[roots.length - 1] };
}

/** The strides along `dims`. */
function pick(strides: Readonly<Record<string, number>>, dims: readonly string[]) {
  return Object.fromEntries(dims.map((dim) => [dim, strides[dim]]));
}

/** Elements from the start of an operand to the first coordinates along `dims`. */
function startOf(
  { strides }: Operand,
  dims: readonly string[],
  origin: Readonly<Record<string, number>>,
): number {
  return dims.reduce((sum, dim) => sum + (origin[dim] ?? 0) * strides[dim], 0);
}

/** `coordinate` brought into `0 .. size - 1`, with no more work than needed. */
function clamped(
  builder: DagBuilder,
  coordinate: DagNode,
  size: number,
  extents: Readonly<Record<string, number>>,
): DagNode {
  const [least, most] = rangeOf(coordinate, extents);
  let node = coordinate;
  if (least < 0) node = builder.binary("max", node, builder.constant("i32", 0));
  if (most >= size) node = builder.binary("min", node, builder.constant("i32", size - 1));
  return node;
}
