/** Reshapes, transposes, splits and merges, in einops notation. */

import { defineOp } from "../graph/ir/define_op.ts";
import type { Attrs, Call } from "../graph/ir/op.ts";
import { type Dim, formatDims, sameDims, type TensorType } from "../graph/ir/tensor.ts";
import { namesOf } from "./_dims.ts";
import { eachIndex } from "./_each_index.ts";
import { formatPattern, parsePattern, type Pattern, type PatternDim } from "./_einops.ts";
import { loopKernel } from "./lang/loop_kernel.ts";

/**
 * Puts the dims of `x` in the order of `pattern`, splitting and merging those in parentheses:
 * `"batch seq (heads head_dim) -> batch heads seq head_dim"` with `names: [heads], sizes: [4]`. One
 * size of each split may be left out. Where the elements stay in order no data moves.
 */
export const rearrange = defineOp({
  name: "rearrange",
  doc: "Reorders, splits and merges dims of x.",
  inputs: ["x"],
  outputs: ["y"],
  attrs: {
    pattern: {
      doc: 'einops notation, such as "batch seq (heads head_dim) -> batch heads seq head_dim"',
    },
    names: { default: [], doc: "dims made by splitting whose sizes are given" },
    sizes: { default: [], doc: "their sizes" },
  },
  dtypes: { x: "any", y: "any" },
  signature([x], attrs) {
    const pattern = parsePattern(String(attrs.pattern));
    return `${operandSide(x, pattern)} -> ${resultSide(pattern)}`;
  },
  outputDims([x], attrs) {
    const { to } = layoutOf(x, attrs);
    return Object.fromEntries(to.map((dim) => [dim.name, dim]));
  },
  check: ([x], attrs) => void layoutOf(x, attrs),
  linear: ["x"],
  alias: ({ inputs: [x], attrs }) => {
    const { parts, moved } = layoutOf(x, attrs);
    const long = (dims: readonly Dim[]) => dims.filter(({ size }) => size > 1);
    return sameDims(long(parts), long(moved));
  },
  flops: () => 0,
  reference([x], { inputs: [type], attrs }) {
    const { parts, moved } = layoutOf(type, attrs);
    const y = new Float64Array(x.length);
    eachIndex(moved, [parts, moved], ([from, to]) => y[to] = x[from]);
    return [y];
  },
  kernel: (call) => loopKernel(moveOf(call), { body: "y = x" }),
  vjp(builder, { inputs: [x], attrs }, [dy]) {
    if (!dy) return [undefined];
    const { from, to } = parsePattern(String(attrs.pattern));
    // Only sizes of splits: those of plain dims are those of a shard where the call is sharded.
    const merged = to.filter(({ parts }) => parts.length > 1).flatMap(({ parts }) => parts);
    const split = layoutOf(x.type, attrs).parts.filter(({ name }) => merged.includes(name));
    const back = { from: to, to: from.map((dim, i) => ({ ...dim, name: x.type.dims[i].name })) };
    return builder.call(rearrange, [dy], {
      pattern: formatPattern(back),
      names: split.map(({ name }) => name),
      sizes: split.map(({ size }) => size),
    });
  },
});

/** The dims of a rearranged tensor. */
interface Layout {
  /** All parts in the order of x. */
  readonly parts: readonly Dim[];
  /** All parts in the order of the result. */
  readonly moved: readonly Dim[];
  /** The dims of the result. */
  readonly to: readonly Dim[];
}

/** Works out all sizes; throws where the pattern does not fit. */
function layoutOf(x: TensorType, attrs: Attrs): Layout {
  const { from, to } = parsePattern(String(attrs.pattern));
  const given = new Map(namesOf(attrs.names).map((name, i) => [name, sizesOf(attrs)[i]]));
  const fits = from.length === x.dims.length &&
    from.every(({ name }, i) => name === undefined || name === x.dims[i].name);
  if (!fits) {
    throw new RangeError(`x must have the dims of "${attrs.pattern}", got ${formatDims(x.dims)}`);
  }
  const parts = from.flatMap((dim, i) => splitDim(x.dims[i], dim, given));
  const sizes = new Map(parts.map(({ name, size }) => [name, size]));
  const sized = (name: string): Dim => ({ name, size: sizes.get(name)! });
  return {
    parts,
    moved: to.flatMap((dim) => dim.parts.map(sized)),
    to: to.map((dim) => ({
      name: dim.name!,
      size: dim.parts.reduce((product, part) => product * sizes.get(part)!, 1),
    })),
  };
}

function splitDim(dim: Dim, { parts }: PatternDim, given: ReadonlyMap<string, number>): Dim[] {
  const unknown = parts.filter((name) => !given.has(name));
  if (unknown.length > 1) {
    throw new RangeError(`the sizes of ${unknown.join(" and ")} are missing, one may be left out`);
  }
  const known = parts.reduce((product, name) => product * (given.get(name) ?? 1), 1);
  const rest = unknown.length === 1 ? dim.size / known : 1;
  if (known * rest !== dim.size || !Number.isSafeInteger(rest)) {
    throw new RangeError(`dim ${dim.name}=${dim.size} does not split into ${parts.join(" x ")}`);
  }
  return parts.map((name) => ({ name, size: given.get(name) ?? rest }));
}

function sizesOf({ sizes }: Attrs): number[] {
  return typeof sizes === "object" ? sizes.map(Number) : [Number(sizes)];
}

/** The dims of x in signature notation: a dim of the result too, by name; others whole. */
function operandSide({ dims }: TensorType, { from, to }: Pattern): string {
  return from.map((dim, i) => {
    if (!isPlain(dim)) return `G${i}!`;
    return to.some((other) => isPlain(other) && other.name === dims[i].name)
      ? dims[i].name
      : `${dims[i].name}!`;
  }).join(" ");
}

/** The dims of the result in signature notation: a dim of x too, by name; others whole. */
function resultSide({ from, to }: Pattern): string {
  return to.map((dim) =>
    isPlain(dim) && from.some((other) => isPlain(other) && other.name === dim.name)
      ? dim.name
      : `${dim.name}!`
  ).join(" ");
}

function isPlain({ name, parts }: PatternDim): boolean {
  return parts.length === 1 && parts[0] === name;
}

/** The call as a copy between the parts of x and those of the result. */
function moveOf(call: Call): Call {
  const [{ dtype }] = call.inputs;
  const { parts, moved } = layoutOf(call.inputs[0], call.attrs);
  return {
    ...call,
    inputs: [{ dtype, dims: parts }],
    outputs: [{ dtype, dims: moved }],
    dims: Object.fromEntries(parts.map(({ name, size }) => [name, size])),
    bindings: Object.fromEntries(parts.map((dim) => [dim.name, [dim]])),
  };
}
