/**
 * How the tensors of a checkpoint hold the parameters of a model: transposed, merged, side by side.
 */

import { sizeOf } from "../../../graph/ir/tensor.ts";
import type { Elements } from "../../../runtime/device.ts";
import type { StoredTensor } from "../../../runtime/safetensors.ts";
import type { Parameter } from "../model.ts";
import type { LayoutName, OuterPlace } from "../outer_names.ts";

/** A parameter within a tensor. */
export interface TensorPart {
  readonly parameter: string;
  /** Sizes of the parameter's dims. */
  readonly shape: readonly number[];
  /** Positions of the parameter's dims in the order in which the tensor has them. */
  readonly order: readonly number[];
  /** How many elements of each row of the tensor are its own. */
  readonly width: number;
}

/** A tensor of a checkpoint: its last dim holds those of its parts, one behind the other. */
export interface TensorPlan {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parts: readonly TensorPart[];
}

/** The tensors of parameters that are stored as they are. */
export function plainTensors(parameters: readonly Parameter[]): readonly TensorPlan[] {
  return parameters.map(({ name, type }) => {
    const shape = type.dims.map(({ size }) => size);
    const order = shape.map((_, i) => i);
    return { name, shape, parts: [{ parameter: name, shape, order, width: shape.at(-1) ?? 1 }] };
  });
}

/**
 * The tensors of a layout, in the order of the parameters; in words, why the layout has no place
 * for one.
 */
export function layoutTensors(
  parameters: readonly Parameter[],
  layout: LayoutName,
): readonly TensorPlan[] | string {
  const missing = parameters.find(({ outer }) => outer[layout] === undefined);
  if (missing !== undefined) return `parameter ${missing.name} has no name in ${layout}`;
  const groups = Map.groupBy(parameters, ({ outer }) => outer[layout]!.tensor);
  const plans: TensorPlan[] = [];
  for (const [name, group] of groups) {
    const sorted = group.map((parameter) => ({ parameter, place: parameter.outer[layout]! }))
      .sort((a, b) => a.place.part - b.place.part);
    const shapes = sorted.map(({ parameter, place }) => storedShape(parameter, place));
    const rows = shapes.map((shape) => shape.slice(0, -1).join());
    const places = sorted.map(({ place }) => place.part);
    if (places.some((part, i) => part !== i) || rows.some((row) => row !== rows[0])) {
      return `the parameters of ${name} do not fit side by side`;
    }
    const parts = sorted.map(({ parameter, place }, i) => ({
      parameter: parameter.name,
      shape: parameter.type.dims.map(({ size }) => size),
      order: place.dims.flat().map((dim) =>
        parameter.type.dims.findIndex((each) => each.name === dim)
      ),
      width: shapes[i].at(-1) ?? 1,
    }));
    const width = parts.reduce((sum, part) => sum + part.width, 0);
    plans.push({ name, shape: [...shapes[0].slice(0, -1), width], parts });
  }
  return plans;
}

function storedShape({ type: { dims } }: Parameter, place: OuterPlace): number[] {
  return place.dims.map((group) =>
    sizeOf({ dtype: "f32", dims: dims.filter(({ name }) => group.includes(name)) })
  );
}

/** The tensor of a plan, made of the parameters by name; f32. */
export function packTensor(
  { shape, parts }: TensorPlan,
  parameters: ReadonlyMap<string, Elements>,
): StoredTensor {
  const values = parts.map((part) => {
    const sizes = part.order.map((at) => part.shape[at]);
    return permute(parameters.get(part.parameter)!, sizes, stridesBy(part));
  });
  if (values.length === 1) return { shape, data: values[0] };
  const width = shape.at(-1)!;
  const data = new Float32Array(shape.reduce((count, size) => count * size, 1));
  let column = 0;
  parts.forEach((part, i) => {
    for (let row = 0; row * width < data.length; row++) {
      const own = values[i].subarray(row * part.width, (row + 1) * part.width);
      data.set(own, row * width + column);
    }
    column += part.width;
  });
  return { shape, data };
}

/** The parameters of a tensor, by name: what `packTensor` made it of. */
export function unpackTensor(
  { shape, parts }: TensorPlan,
  data: Elements,
): readonly (readonly [name: string, values: Float32Array])[] {
  const width = shape.at(-1) ?? 1;
  let column = 0;
  return parts.map((part) => {
    const rows = part.width === 0 ? 0 : data.length / width;
    const own = parts.length === 1 ? data : new Float32Array(rows * part.width);
    if (parts.length > 1) {
      for (let row = 0; row < rows; row++) {
        const from = row * width + column;
        own.set(data.subarray(from, from + part.width), row * part.width);
      }
    }
    column += part.width;
    // Where each dim of the parameter is found in the stored order.
    const stored = part.order.map((at) => part.shape[at]);
    const strides = stridesOf(stored);
    const inverse = part.shape.map((_, dim) => strides[part.order.indexOf(dim)]);
    return [part.parameter, permute(own, part.shape, inverse)] as const;
  });
}

/** Strides of the parameter's dims in the order of the tensor. */
function stridesBy({ shape, order }: TensorPart): number[] {
  const strides = stridesOf(shape);
  return order.map((at) => strides[at]);
}

function stridesOf(sizes: readonly number[]): number[] {
  return sizes.map((_, i) => sizes.slice(i + 1).reduce((count, size) => count * size, 1));
}

/**
 * The elements of `data` at the given strides, row-major over `sizes`; no copy where it is that.
 */
function permute(
  data: Elements,
  sizes: readonly number[],
  strides: readonly number[],
): Float32Array {
  const natural = stridesOf(sizes);
  if (data instanceof Float32Array && strides.every((step, dim) => step === natural[dim])) {
    return data;
  }
  const result = new Float32Array(data.length);
  const inner = sizes.at(-1) ?? 1;
  const step = strides.at(-1) ?? 1;
  const index = new Array<number>(Math.max(0, sizes.length - 1)).fill(0);
  let base = 0;
  for (let at = 0; at < result.length;) {
    for (let i = 0; i < inner; i++) result[at++] = data[base + i * step];
    for (let dim = index.length - 1; dim >= 0; dim--) {
      base += strides[dim];
      if (++index[dim] < sizes[dim]) break;
      base -= strides[dim] * sizes[dim];
      index[dim] = 0;
    }
  }
  return result;
}
