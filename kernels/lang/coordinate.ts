/** What is known about integer coordinates: their range, and how they depend on loop dims. */

import type { DagBuilder, DagNode } from "./dag.ts";

/** A sum of a constant, multiples of coordinates of loops, and whatever else. */
export interface AffineCoordinate {
  readonly constant: number;
  /** Factor of the coordinate along each dim. */
  readonly factors: Readonly<Record<string, number>>;
  readonly rest: DagNode | undefined;
}

type Range = readonly [least: number, most: number];

const ANY: Range = [-(2 ** 31), 2 ** 31 - 1];

/** Splits an i32 node into the parts that loops can step through and the rest. */
export function affineCoordinate(builder: DagBuilder, node: DagNode): AffineCoordinate {
  const { op, args } = node;
  switch (op) {
    case "const":
      return { constant: node.value, factors: {}, rest: undefined };
    case "index":
      return { constant: 0, factors: { [node.name]: 1 }, rest: undefined };
    case "add":
      return sum(
        builder,
        affineCoordinate(builder, args[0]),
        affineCoordinate(builder, args[1]),
        1,
      );
    case "sub":
      if (!dependsOnlyOnIndices(args[1])) break;
      return sum(
        builder,
        affineCoordinate(builder, args[0]),
        affineCoordinate(builder, args[1]),
        -1,
      );
    case "mul": {
      const [factor, other] = args[0].op === "const" ? args : [args[1], args[0]];
      if (factor.op !== "const" || !dependsOnlyOnIndices(other)) break;
      return sum(builder, NOTHING, affineCoordinate(builder, other), factor.value);
    }
    default:
  }
  return { constant: 0, factors: {}, rest: node };
}

const NOTHING: AffineCoordinate = { constant: 0, factors: {}, rest: undefined };

/** True where `affineCoordinate` leaves no rest. */
function dependsOnlyOnIndices({ op, args }: DagNode): boolean {
  if (op === "const" || op === "index") return true;
  if (op === "mul") {
    return args.some((arg) => arg.op === "const") && args.every(dependsOnlyOnIndices);
  }
  return (op === "add" || op === "sub") && args.every(dependsOnlyOnIndices);
}

/** `a + factor * b`, where `b` has no rest unless `factor` is 1. */
function sum(
  builder: DagBuilder,
  a: AffineCoordinate,
  b: AffineCoordinate,
  factor: number,
): AffineCoordinate {
  const factors: Record<string, number> = { ...a.factors };
  for (const [dim, value] of Object.entries(b.factors)) {
    factors[dim] = (factors[dim] ?? 0) + factor * value;
  }
  const rest = a.rest && b.rest ? builder.binary("add", a.rest, b.rest) : a.rest ?? b.rest;
  return { constant: a.constant + factor * b.constant, factors, rest };
}

/** Bounds on the value of an i32 node, given the sizes of dims. */
export function rangeOf(node: DagNode, sizes: Readonly<Record<string, number>>): Range {
  const { op, args } = node;
  const ranges = () => args.map((arg) => rangeOf(arg, sizes));
  switch (op) {
    case "const":
      return [node.value, node.value];
    case "index":
      return [0, sizes[node.name] - 1];
    case "add": {
      const [a, b] = ranges();
      return checked(a[0] + b[0], a[1] + b[1]);
    }
    case "sub": {
      const [a, b] = ranges();
      return checked(a[0] - b[1], a[1] - b[0]);
    }
    case "mul": {
      const [a, b] = ranges();
      const corners = [a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]];
      return checked(Math.min(...corners), Math.max(...corners));
    }
    case "min": {
      const [a, b] = ranges();
      return [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
    }
    case "max": {
      const [a, b] = ranges();
      return [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
    }
    case "select": {
      const [, a, b] = ranges();
      return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
    }
    case "rem":
    case "div": {
      const [a, b] = ranges();
      if (args[1].op !== "const" || b[0] <= 0 || a[0] < 0) return ANY;
      return op === "rem"
        ? [0, Math.min(a[1], b[0] - 1)]
        : [Math.floor(a[0] / b[0]), Math.floor(a[1] / b[0])];
    }
    case "and": {
      const mask = args.find((arg) => arg.op === "const" && arg.value >= 0);
      return mask ? [0, mask.value] : ANY;
    }
    case "shr": {
      const [a] = ranges();
      return args[1].op === "const" ? [a[0] >> args[1].value, a[1] >> args[1].value] : ANY;
    }
    default:
      return ANY;
  }
}

/** A range, or everything where 32 bits might overflow. */
function checked(least: number, most: number): Range {
  return least < ANY[0] || most > ANY[1] ? ANY : [least, most];
}
