/** The ops that make parameters: linear, embedding, parameter. */

import type { Value } from "../../graph/ir/graph.ts";
import { type Dim, formatDims } from "../../graph/ir/tensor.ts";
import type { Init } from "./model.ts";
import { einsum } from "../../kernels/einsum.ts";
import { gather } from "../../kernels/gather.ts";
import { map } from "../../kernels/map.ts";
import { rename } from "../../kernels/rename.ts";
import { known, NodeError } from "./_node_error.ts";
import { outerPlaces } from "./outer_names.ts";
import { callOp, type OpNode, type Scope, sizeOfDim } from "./scope.ts";

/** An op that makes parameters. */
export interface ParameterOp {
  readonly doc: string;
  /** Keys that a node of it may have besides those of every node. */
  readonly fields: readonly string[];
  build(scope: Scope, ready: OpNode, operands: readonly Value[]): Value;
}

/** Weights without an `init` begin with this standard deviation, as in GPT-2 and Llama. */
const DEFAULT_STD = 0.02;

/** The ops that make parameters, by name. */
export const parameterOps: Readonly<Record<string, ParameterOp>> = {
  linear: {
    doc: "Contracts the dims `over` of x with a weight that makes the dims `to`; may add a bias.",
    fields: ["to", "over", "bias", "init", "tie"],
    build: linear,
  },
  embedding: {
    doc: "Looks up each token in a table [over, to].",
    fields: ["to", "over", "init"],
    build: embedding,
  },
  parameter: {
    doc: "A parameter with the dims `dims`.",
    fields: ["dims", "init"],
    build: parameter,
  },
};

function linear(scope: Scope, ready: OpNode, operands: readonly Value[]): Value {
  const { fields } = ready.filled;
  let [x] = operands;
  const made = dimsOf(scope, ready, "to");
  const over = namesOf(fields.get("over")) ?? [x.type.dims.at(-1)?.name ?? ""];
  const contracted = over.map((name) => {
    const dim = x.type.dims.find((each) => each.name === name);
    if (dim) return dim;
    throw new NodeError(`x has no dim "${name}", it is ${formatDims(x.type.dims)}`, {
      code: "unknown-dim",
      field: "over",
      ...known(name, x.type.dims.map((each) => each.name)),
    });
  });
  // A name occurs once in a tensor: the contracted side of an [embed, embed] weight is embed_in.
  const both = over.filter((name) => made.some((dim) => dim.name === name));
  if (both.length > 0) {
    x = callOp(scope, rename, [x], { from: both, to: both.map((name) => `${name}_in`) });
  }
  const inward = contracted.map(({ name, size }) => ({
    name: both.includes(name) ? `${name}_in` : name,
    size,
  }));
  const kept = x.type.dims.filter(({ name }) => !inward.some((dim) => dim.name === name));
  const weight = fields.has("tie")
    ? tied(scope, ready, [...inward, ...made])
    : request(scope, ready, "weight", [...inward, ...made], true);
  scope.weights.set(ready.node.id, weight);
  const names = (dims: readonly Dim[]) => dims.map(({ name }) => name).join(" ");
  const eq = `${names(x.type.dims)}, ${names(weight.type.dims)} -> ${names([...kept, ...made])}`;
  const y = callOp(scope, einsum, [x, weight], { eq });
  const withBias = fields.get("bias") ?? false;
  if (typeof withBias !== "boolean") {
    throw new NodeError(`"bias" is ${JSON.stringify(withBias)}`, {
      code: "wrong-type",
      field: "bias",
      expected: "true or false",
    });
  }
  if (!withBias) return y;
  const bias = request(scope, ready, "bias", made, false, { kind: "constant", value: 0 });
  return callOp(scope, map, [y, bias], { expr: "y + bias", names: ["y", "bias"] });
}

function embedding(scope: Scope, ready: OpNode, [tokens]: readonly Value[]): Value {
  const [rows = "vocab", ...more] = namesOf(ready.filled.fields.get("over")) ?? [];
  const made = dimsOf(scope, ready, "to");
  if (more.length > 0 || made.length !== 1) {
    throw new NodeError("an embedding has one dim to look up and one to make", {
      code: "embedding",
      field: more.length > 0 ? "over" : "to",
    });
  }
  const dims = [{ name: rows, size: sizeOfDim(scope.context, rows, "over") }, ...made];
  const table = request(scope, ready, "weight", dims, true);
  scope.weights.set(ready.node.id, table);
  return callOp(scope, gather, [table, tokens], {});
}

function parameter(scope: Scope, ready: OpNode): Value {
  const dims = dimsOf(scope, ready, "dims");
  const { fields } = ready.filled;
  if (!fields.has("init")) {
    throw new NodeError("a parameter has no init", {
      code: "missing-init",
      expected: "init: ones, init: zeros or a standard deviation",
    });
  }
  const init = initOf(fields.get("init"));
  const { path: name, node: { place } } = ready;
  const type = { dtype: "f32", dims } as const;
  const outer = outerPlaces(ready.outer, undefined, dims);
  return scope.context.parameter({ name, type, init, matrix: dims.length > 1, place, outer });
}

function request(
  scope: Scope,
  { path, outer: names, node: { place }, filled: { fields } }: OpNode,
  suffix: "weight" | "bias",
  dims: readonly Dim[],
  matrix: boolean,
  init: Init = initOf(fields.get("init") ?? DEFAULT_STD),
): Value {
  const name = `${path}.${suffix}`;
  const outer = outerPlaces(names, suffix, dims);
  return scope.context.parameter({
    name,
    type: { dtype: "f32", dims },
    init,
    matrix,
    place,
    outer,
  });
}

/** The weight of an earlier linear or embedding; its dims may be in another order. */
function tied(scope: Scope, { filled: { fields } }: OpNode, dims: readonly Dim[]): Value {
  const id = String(fields.get("tie"));
  const weight = scope.weights.get(id);
  if (!weight) {
    throw new NodeError(`no earlier linear or embedding has the id "${id}"`, {
      code: "tie",
      field: "tie",
      ...known(id, scope.weights.keys()),
    });
  }
  const sorted = (list: readonly Dim[]) => list.map((dim) => formatDims([dim])).sort().join();
  if (sorted(weight.type.dims) === sorted(dims)) return weight;
  throw new NodeError(`the weight of ${id} is ${formatDims(weight.type.dims)}`, {
    code: "tie",
    field: "tie",
    expected: `the dims ${formatDims(dims)}`,
  });
}

function dimsOf(scope: Scope, { filled: { target, fields } }: OpNode, field: string): Dim[] {
  const names = namesOf(fields.get(field));
  if (!names || names.length === 0) {
    throw new NodeError(`${target} has no ${field}`, {
      code: "missing-dims",
      expected: `${field}: a dim or a list of dims`,
    });
  }
  return names.map((name) => ({ name, size: sizeOfDim(scope.context, name, field) }));
}

function namesOf(value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

/**
 * Reads `init`: `zeros`, `ones`, a standard deviation, or `{kind: normal | uniform | constant,
 * ...}`.
 */
function initOf(value: unknown): Init {
  if (value === "zeros" || value === "ones") {
    return { kind: "constant", value: value === "ones" ? 1 : 0 };
  }
  if (typeof value === "number" && value >= 0) return { kind: "normal", std: value };
  const { kind, ...numbers } = (typeof value === "object" && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const [[key, number], ...more] = [...Object.entries(numbers), ["", undefined]];
  if (typeof number === "number" && more.length === 1) {
    if (kind === "normal" && key === "std" && number >= 0) return { kind, std: number };
    if (kind === "uniform" && key === "bound" && number >= 0) return { kind, bound: number };
    if (kind === "constant" && key === "value") return { kind, value: number };
  }
  throw new NodeError(`unknown init ${JSON.stringify(value)}`, {
    code: "init",
    field: "init",
    expected: "zeros, ones, a standard deviation, {kind: normal, std: ...}, " +
      "{kind: uniform, bound: ...} or {kind: constant, value: ...}",
  });
}
