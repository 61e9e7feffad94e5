/** Samples of ops: operands with values, what comes out where that is known. */

import { inferCall } from "../graph/ir/infer.ts";
import type { Attrs, Call, Op } from "../graph/ir/op.ts";
import { type Dtype, sizeOf, tensor, type TensorType } from "../graph/ir/tensor.ts";
import { createRandom } from "../pipelines/compile/random.ts";

/** A tensor with its elements, as doubles for every dtype. */
export interface Operand {
  readonly type: TensorType;
  readonly data: Float64Array;
}

/** One call that `checkOp` examines. */
export interface Sample {
  readonly inputs: readonly Operand[];
  readonly attrs?: Attrs;
  /** Results worked out by hand or by another program, to 1e-6. */
  readonly expect?: readonly (readonly number[])[];
  /** Floating-point operations of the call. */
  readonly flops?: number;
  /** False where a difference quotient is no derivative: at kinks and ties. */
  readonly smooth?: boolean;
}

type Sizes = Readonly<Record<string, number>>;

/** A tensor with the given elements in row-major order. */
export function given(dims: Sizes, data: readonly number[], dtype: Dtype = "f32"): Operand {
  const type = tensor(dims, dtype);
  if (sizeOf(type) !== data.length) {
    throw new RangeError(`Cannot make a sample: ${data.length} elements, expected ${sizeOf(type)}`);
  }
  return { type, data: Float64Array.from(data) };
}

/** A tensor without dims. */
export function scalar(value: number, dtype: Dtype = "f32"): Operand {
  return given({}, [value], dtype);
}

/** Floats between `low` and `high`; other seeds, other numbers. */
export function uniform(seed: number, dims: Sizes, low = -2, high = 2): Operand {
  const type = tensor(dims);
  const random = createRandom(seed);
  // Floats, so that every engine starts from the same numbers.
  const draw = () => Math.fround(low + (high - low) * random.uniform());
  return { type, data: Float64Array.from({ length: sizeOf(type) }, draw) };
}

/** Integers from `low` to below `high`. */
export function integers(seed: number, dims: Sizes, low: number, high: number): Operand {
  const type = tensor(dims, "i32");
  const random = createRandom(seed);
  const draw = () => low + random.integer(high - low);
  return { type, data: Float64Array.from({ length: sizeOf(type) }, draw) };
}

/** The call that a sample is of. */
export function callOf(op: Op, { inputs, attrs }: Sample): Call {
  return inferCall(op, inputs.map(({ type }) => type), attrs);
}

/** The results of the reference. */
export function referenceOf(op: Op, sample: Sample): Float64Array[] {
  return op.reference(sample.inputs.map(({ data }) => data), callOf(op, sample));
}
