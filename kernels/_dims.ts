/** Dims of operands by name: signatures and checks of ops that take dim names as attributes. */

import type { Attr, Attrs } from "../graph/ir/op.ts";
import { type Dim, formatDims, type TensorType } from "../graph/ir/tensor.ts";

/** Dims in signature notation, those in `whole` marked `!`: `"batch seq! embed"`. */
export function dimNames(dims: readonly Dim[], whole: readonly string[] = []): string {
  return dims.map(({ name }) => whole.includes(name) ? `${name}!` : name).join(" ");
}

/** Dims in signature notation, with `variable` for the dim called `dim`: `"batch PART! embed"`. */
export function replaced(dims: readonly Dim[], dim: unknown, variable: string): string {
  return dims.map(({ name }) => name === dim ? variable : name).join(" ");
}

/** The dims that are not in `names`. */
export function without(dims: readonly Dim[], names: readonly string[]): Dim[] {
  return dims.filter(({ name }) => !names.includes(name));
}

/** The names in an attribute that lists dims: `["seq", "embed"]`, or one name as text. */
export function namesOf(attr: Attr): string[] {
  return typeof attr === "object" ? attr.map(String) : [String(attr)];
}

/** Position of a dim in a tensor; throws where the tensor does not have it. */
export function positionOf({ dims }: TensorType, name: string): number {
  const position = dims.findIndex((dim) => dim.name === name);
  if (position < 0) throw new RangeError(`dim ${name} is not in ${formatDims(dims)}`);
  return position;
}

/** Throws where `names` has a dim that the tensor lacks, or has it twice. */
export function checkNames(type: TensorType, names: readonly string[]): void {
  names.forEach((name, i) => {
    positionOf(type, name);
    if (names.indexOf(name) !== i) throw new RangeError(`dim ${name} is given twice`);
  });
}

/** The dims that the attributes `dims` (names) and `sizes` list. */
export function dimsOf({ dims, sizes }: Attrs): Dim[] {
  const size = typeof sizes === "object" ? sizes.map(Number) : [Number(sizes)];
  return namesOf(dims).map((name, i) => ({ name, size: size[i] }));
}
