/**
 * Splits maps at the coordinates where a condition on them changes, as in joining or padding tensors:
 * each part then has plain loads in place of a choice between gathers.
 */

import { affineCoordinate, rangeOf } from "./coordinate.ts";
import { type DagBuilder, type DagNode, reachable, rewriteDag } from "./dag.ts";
import type { TypedProgram } from "./type_program.ts";

/** Most parts a program is split into: each has code of its own. */
const MOST_SEGMENTS = 16;

/** A part of a dim. */
interface Segment {
  readonly dim: string;
  readonly first: number;
  readonly size: number;
}

/** The parts of a program, which together store what it stores; itself if there is nothing to split. */
export function splitSegments(program: TypedProgram): TypedProgram[] {
  if (program.over.length > 0) return [program];
  const { builder, sizes, stores } = program;
  const cuts = new Map<string, Set<number>>();
  for (const node of reachable(stores.map(({ value }) => value))) {
    const cut = cutOf(builder, node);
    if (!cut || cut.at <= 0 || cut.at >= sizes[cut.dim]) continue;
    cuts.set(cut.dim, (cuts.get(cut.dim) ?? new Set()).add(cut.at));
  }
  const count = [...cuts.values()].reduce((product, { size }) => product * (size + 1), 1);
  if (count === 1 || count > MOST_SEGMENTS) return [program];
  let parts: Segment[][] = [[]];
  for (const [dim, places] of cuts) {
    const bounds = [0, ...[...places].sort((a, b) => a - b), sizes[dim]];
    const segments = bounds.slice(1).map((end, i) => (
      { dim, first: bounds[i], size: end - bounds[i] }
    ));
    parts = parts.flatMap((part) => segments.map((segment) => [...part, segment]));
  }
  return parts.map((part) => restrict(program, part));
}

/** Where a comparison of one coordinate with a constant changes its mind. */
function cutOf(
  builder: DagBuilder,
  { op, args }: DagNode,
): { dim: string; at: number } | undefined {
  if ((op !== "lt" && op !== "le") || args[0].type !== "i32") return undefined;
  const [a, b] = args.map((arg) => affineCoordinate(builder, arg));
  const factors = new Map(Object.entries(a.factors));
  for (const [dim, factor] of Object.entries(b.factors)) {
    factors.set(dim, (factors.get(dim) ?? 0) - factor);
  }
  if (a.rest || b.rest || factors.size !== 1) return undefined;
  const [[dim, factor]] = factors;
  const constant = a.constant - b.constant;
  // factor * i + constant < 0, or <= 0
  const isLess = op === "lt";
  if (factor === 1) return { dim, at: isLess ? -constant : 1 - constant };
  return factor === -1 ? { dim, at: isLess ? constant + 1 : constant } : undefined;
}

/** The program on part of its dims, with the conditions decided that are the same all over it. */
function restrict(program: TypedProgram, part: readonly Segment[]): TypedProgram {
  const { builder } = program;
  const origin = Object.fromEntries(part.map(({ dim, first }) => [dim, first]));
  const extents = {
    ...program.sizes,
    ...Object.fromEntries(part.map(({ dim, size }) => [dim, size])),
  };
  const values = rewriteDag(program.stores.map(({ value }) => value), (node, args) => {
    if (node.op === "index" && Object.hasOwn(origin, node.name)) {
      const first = builder.constant("i32", origin[node.name]);
      return extents[node.name] === 1 ? first : builder.binary("add", node, first);
    }
    return decide(builder, builder.rebuild(node, args), extents);
  });
  const stores = program.stores.map(({ operand }, i) => ({ operand, value: values[i] }));
  return { ...program, stores, origin, extents };
}

/** A condition, as a constant where the ranges of its operands decide it. */
function decide(
  builder: DagBuilder,
  node: DagNode,
  extents: Readonly<Record<string, number>>,
): DagNode {
  const { op, args } = node;
  if ((op !== "lt" && op !== "le") || args[0].type !== "i32") return booleans(builder, node);
  const [a, b] = args.map((arg) => rangeOf(arg, extents));
  if (op === "lt" ? a[1] < b[0] : a[1] <= b[0]) return builder.constant("bool", 1);
  if (op === "lt" ? a[0] >= b[1] : a[0] > b[1]) return builder.constant("bool", 0);
  return node;
}

/** `and`, `or` and `not` of conditions, one of them known. */
function booleans(builder: DagBuilder, node: DagNode): DagNode {
  const { op, args, type } = node;
  if (type !== "bool" || (op !== "and" && op !== "or" && op !== "not")) return node;
  if (op === "not") {
    return args[0].op === "const" ? builder.constant("bool", 1 - args[0].value) : node;
  }
  const known = args.find((arg) => arg.op === "const");
  if (!known) return node;
  const other = args[0] === known ? args[1] : args[0];
  return (known.value !== 0) === (op === "and") ? other : known;
}
