/** Plans the loops of a program: which dims are loops, which run across lanes, what is where. */

import { type DagBuilder, type DagNode, reachable } from "./dag.ts";
import { fuseMultiplyAdd, lowerMath, type Rounding } from "./lower_math.ts";
import { type Access, resolveAccesses, type ResolvedProgram } from "./resolve_accesses.ts";
import type { TypedProgram } from "./type_program.ts";

/** What differs between plans for different engines. */
export interface LoopTarget {
  readonly rounding: Rounding;
  /** What offsets of accesses are counted in: this many make an element. */
  readonly offsetsPerElement: number;
}

/** A loop; where neighbouring dims were merged, `name` is that of the last. */
export interface LoopDim {
  readonly name: string;
  readonly size: number;
}

/** An access with its strides by loop. */
export interface PlannedAccess {
  /** Position of the tensor among the parameters, or one of `scratch.ts`. */
  readonly position: number;
  /** Elements from the start of the tensor to where all coordinates are 0. */
  readonly start: number;
  /** Elements per step of each outer and inner loop. */
  readonly outer: readonly number[];
  readonly inner: readonly number[];
}

/** A store; one without inner dims happens once per row. */
export interface PlannedStore {
  readonly access: number;
  readonly value: DagNode;
  readonly isPerRow: boolean;
}

/** The loops of a program. */
export interface LoopPlan {
  readonly builder: DagBuilder;
  /** Dims of the results that rows are counted over. */
  readonly outer: readonly LoopDim[];
  /** The `over` dims; of a map the last dim. Never empty. */
  readonly inner: readonly LoopDim[];
  /**
   * Along which loop neighbours are computed together (lanes of a vector, threads of a group): the
   * last inner one, or the last outer one.
   */
  readonly lanes: "inner" | "outer";
  readonly isMap: boolean;
  readonly accesses: readonly PlannedAccess[];
  readonly stores: readonly PlannedStore[];
  readonly limit: DagNode | undefined;
  readonly fill: number;
}

/** Plans a typed program. Throws where an output cannot hold what the program gives it. */
export function planLoops(
  program: TypedProgram,
  { rounding, offsetsPerElement }: LoopTarget,
): LoopPlan {
  const { builder, extents: sizes } = program;
  const resolved = resolveAccesses(program, offsetsPerElement);
  const { accesses } = resolved;
  const roots = [
    ...resolved.stores.map(({ value }) => value),
    ...resolved.limit ? [resolved.limit] : [],
  ];
  const lowered = fuseMultiplyAdd(builder, lowerMath(builder, roots, rounding));
  const nodes = reachable(lowered);
  const used = [
    ...new Set([
      ...nodes.filter(({ op }) => op === "access").map(({ value }) => value),
      ...resolved.stores.map(({ access }) => access),
    ]),
  ];
  const indexed = new Set(nodes.filter(({ op }) => op === "index").map(({ name }) => name));
  const isLong = (dim: string) => sizes[dim] > 1;
  const over = program.over.filter(isLong);
  const widest =
    [...program.stores].sort((a, b) => b.operand.dims.length - a.operand.dims.length)[0].operand;
  const outer = [
    ...new Set([
      ...widest.dims,
      ...resolved.stores.flatMap(({ access }) => Object.keys(accesses[access].strides)),
      ...used.flatMap((access) => Object.keys(accesses[access].strides)),
      ...indexed,
    ]),
  ].filter((dim) => isLong(dim) && !over.includes(dim));

  checkDims(program, resolved, lowered, outer);
  const usedAccesses = used.map((access) => accesses[access]);
  const innerDims = resolved.limit ? over : byStride(over, usedAccesses);
  const merge = (dims: readonly string[], kept: ReadonlySet<string>) =>
    mergeDims(dims, kept, usedAccesses, sizes);
  const outerGroups = merge(outer, indexed);
  const last = program.over[program.over.length - 1];
  const innerGroups = merge(innerDims, new Set([...indexed, ...resolved.limit ? [last] : []]));
  const isMap = program.over.length === 0;
  if (isMap && outerGroups.length > 0) innerGroups.push(outerGroups.pop()!);
  // A loop of one step stands for dims of size 1, so that there is always one to run lanes along.
  if (innerGroups.length === 0) innerGroups.push({ name: "", size: 1 });
  if (resolved.limit && !isLong(last) && innerDims.length > 0) {
    innerGroups.push({ name: "", size: 1 });
  }

  const planned = accesses.map(({ operand, start, strides }): PlannedAccess => ({
    position: operand.position,
    start,
    outer: outerGroups.map(({ name }) => strides[name] ?? 0),
    inner: innerGroups.map(({ name }) => strides[name] ?? 0),
  }));
  const stores = resolved.stores.map(({ access }, i): PlannedStore => ({
    access,
    value: lowered[i],
    isPerRow: !isMap && !program.over.some((dim) => program.stores[i].operand.dims.includes(dim)),
  }));
  return {
    builder,
    outer: outerGroups,
    inner: innerGroups,
    lanes: chooseLanes(planned, used, isMap, resolved.limit !== undefined),
    isMap,
    accesses: planned,
    stores,
    limit: resolved.limit && lowered[lowered.length - 1],
    fill: program.fill,
  };
}

/** Throws where an output lacks dims along which the program gives it different values. */
function checkDims(
  { stores, over }: TypedProgram,
  { accesses, limit }: ResolvedProgram,
  values: readonly DagNode[],
  outer: readonly string[],
) {
  const depends = dependence(accesses, new Set(over));
  stores.forEach(({ operand: { name, dims } }, i) => {
    const missing = outer.find((dim) => !dims.includes(dim));
    if (missing !== undefined) {
      throw new TypeError(
        `${name} has no dim ${missing}, which the program runs over: reduce it by "over"`,
      );
    }
    const held = over.filter((dim) => dims.includes(dim));
    if (held.length > 0 && held.length < over.length) {
      throw new TypeError(`${name} has only ${held} of the dims ${over} in "over"`);
    }
    if (held.length === 0 && depends(values[i])) {
      throw new TypeError(`${name} lacks the dims ${over}, along which its value varies`);
    }
  });
  if (limit && depends(values[values.length - 1])) {
    throw new TypeError(`limit must not depend on the dims ${over}`);
  }
}

/** Whether a value varies along one of `dims`. */
function dependence(
  accesses: readonly Access[],
  dims: ReadonlySet<string>,
): (node: DagNode) => boolean {
  const known = new Map<DagNode, boolean>();
  const depends = (node: DagNode): boolean => {
    const answer = known.get(node);
    if (answer !== undefined) return answer;
    const own = node.op === "access"
      ? Object.entries(accesses[node.value].strides).some(([dim, s]) => s !== 0 && dims.has(dim))
      : node.op === "index" && dims.has(node.name);
    const result = own || (node.op !== "sum" && node.op !== "maximum" && node.args.some(depends));
    known.set(node, result);
    return result;
  };
  return depends;
}

/** Dims in the order in which the tensor that has most of them keeps them in memory. */
function byStride(dims: readonly string[], accesses: readonly Access[]): string[] {
  const held = (access: Access) => dims.filter((dim) => (access.strides[dim] ?? 0) !== 0).length;
  const [guide] = [...accesses].sort((a, b) => held(b) - held(a));
  const stride = (dim: string) => Math.abs(guide?.strides[dim] ?? 0);
  return [...dims].sort((a, b) => stride(b) - stride(a));
}

/** Merges neighbouring dims that every access steps through as through one. */
function mergeDims(
  dims: readonly string[],
  kept: ReadonlySet<string>,
  accesses: readonly Access[],
  sizes: Readonly<Record<string, number>>,
): LoopDim[] {
  const merged: LoopDim[] = [];
  for (const name of dims) {
    const before = merged[merged.length - 1];
    const canMerge = before !== undefined && !kept.has(name) && !kept.has(before.name) &&
      accesses.every(({ strides }) =>
        (strides[before.name] ?? 0) === (strides[name] ?? 0) * sizes[name]
      );
    if (canMerge) merged.splice(-1, 1, { name, size: before.size * sizes[name] });
    else merged.push({ name, size: sizes[name] });
  }
  return merged;
}

/** Lanes run along the loop where fewer accesses have to collect single elements. */
function chooseLanes(
  accesses: readonly PlannedAccess[],
  used: readonly number[],
  isMap: boolean,
  hasLimit: boolean,
): "inner" | "outer" {
  const all = used.map((access) => accesses[access]);
  if (isMap || hasLimit || all[0].outer.length === 0) return "inner";
  const single = (lanes: "inner" | "outer") =>
    all.filter((access) => ![0, 1].includes(access[lanes][access[lanes].length - 1])).length;
  const [inner, outer] = [single("inner"), single("outer")];
  if (inner !== outer) return outer < inner ? "outer" : "inner";
  // With nothing along the inner loop, rows are what there is to vectorise.
  const isIdle = all.every((access) => access.inner.every((stride) => stride === 0));
  return isIdle ? "outer" : "inner";
}
