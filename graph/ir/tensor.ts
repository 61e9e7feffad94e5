/** What a tensor is to the graph: an element type and an ordered list of named dims. */

/** Element types of tensors. `u32` carries random bits, `i32` carries token ids. */
export type Dtype = "f32" | "i32" | "u32";

/** A named dimension, such as `embed=128`. A name occurs at most once in a tensor. */
export interface Dim {
  readonly name: string;
  readonly size: number;
}

/** The type of a tensor: row-major, the last dim contiguous. */
export interface TensorType {
  readonly dtype: Dtype;
  readonly dims: readonly Dim[];
}

/** Bytes of one element; every dtype of the graph has four. */
export const BYTES_PER_ELEMENT = 4;

/** Makes a tensor type from `{name: size}` in order: `tensor({batch: 2, embed: 8})`. */
export function tensor(dims: Readonly<Record<string, number>>, dtype: Dtype = "f32"): TensorType {
  return { dtype, dims: Object.entries(dims).map(([name, size]) => ({ name, size })) };
}

/** Number of elements. */
export function sizeOf(type: TensorType): number {
  return type.dims.reduce((product, dim) => product * dim.size, 1);
}

/** Row-major strides in elements, one per dim. */
export function stridesOf(dims: readonly Dim[]): number[] {
  const strides = new Array<number>(dims.length);
  let stride = 1;
  for (let i = dims.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= dims[i].size;
  }
  return strides;
}

/** True if both have the same dtype and the same dims in the same order. */
export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameDims(a.dims, b.dims);
}

/** True if both lists name the same dims with the same sizes in the same order. */
export function sameDims(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length &&
    a.every((dim, i) => dim.name === b[i].name && dim.size === b[i].size);
}

/** `[batch=2 embed=8]` */
export function formatDims(dims: readonly Dim[]): string {
  return `[${dims.map(({ name, size }) => `${name}=${size}`).join(" ")}]`;
}

/** `f32[batch=2 embed=8]` */
export function formatType(type: TensorType): string {
  return `${type.dtype}${formatDims(type.dims)}`;
}
