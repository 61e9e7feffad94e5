/** Contractions of two tensors by an equation with long names. */

import { defineOp } from "../graph/ir/define_op.ts";
import type { Builder, Value } from "../graph/ir/graph.ts";
import type { Attrs, Call } from "../graph/ir/op.ts";
import { parseSignature } from "../graph/ir/signature.ts";
import { type Dim, sizeOf, stridesOf, type TensorType } from "../graph/ir/tensor.ts";
import { eachIndex } from "./_each_index.ts";
import type { Axis, Contraction } from "./matmul/contraction.ts";
import { matmulKernel } from "./matmul/matmul_kernel.ts";

/**
 * Multiplies `a` and `b` and adds up the dims that the result lacks, as the equation says:
 * `"batch seq embed, embed heads head_dim -> batch seq heads head_dim"`. The equation is the
 * signature of the call: a name in lower case is the tensor dim of that name, one in upper case any
 * dim, `...` all leading dims.
 */
export const einsum = defineOp({
  name: "einsum",
  doc: "Multiplies two tensors and adds up the dims that the result lacks.",
  inputs: ["a", "b"],
  outputs: ["c"],
  attrs: {
    eq: { doc: 'the equation, such as "batch seq embed, embed mlp -> batch seq mlp"' },
  },
  signature: (_, { eq }) => String(eq),
  check: checkEquation,
  linear: ["a", "b"],
  reduces: "sum",
  flops: ({ dims }) => 2 * Object.values(dims).reduce((product, size) => product * size, 1),
  reference([a, b], call) {
    const c = new Float64Array(sizeOf(call.outputs[0]));
    const [ofA, ofB, ofC] = [...call.inputs, ...call.outputs].map(({ dims }) => dims);
    eachIndex(allDims(call), [ofA, ofB, ofC], ([i, j, at]) => c[at] += a[i] * b[j]);
    return [c];
  },
  kernel: (call) => matmulKernel(contractionOf(call)),
  vjp(builder, { inputs: [a, b], attrs }, [dc]) {
    if (!dc) return [undefined, undefined];
    const { inputs: [ofA, ofB], outputs: [ofC] } = parseSignature(String(attrs.eq));
    return [
      callEinsum(builder, [dc, b], [ofC, ofB, ofA]),
      callEinsum(builder, [a, dc], [ofA, ofC, ofB]),
    ];
  },
});

/**
 * The contraction of an einsum call: a dim is batch, m, n or k by the operands that have it. Dims
 * are told apart by name, since a variable stands for the same name wherever it occurs.
 */
function contractionOf(call: Call): Contraction {
  const [a, b, c] = [...call.inputs, ...call.outputs].map(stridesByName);
  const axes = allDims(call).map(({ name, size }): Axis & { readonly name: string } => (
    { name, size, a: a.get(name) ?? 0, b: b.get(name) ?? 0, c: c.get(name) ?? 0 }
  ));
  const group = (inA: boolean, inB: boolean, inC: boolean): Axis[] =>
    axes.filter(({ name }) => a.has(name) === inA && b.has(name) === inB && c.has(name) === inC)
      .map(({ size, a, b, c }) => ({ size, a, b, c }));
  return {
    batch: group(true, true, true),
    m: group(true, false, true),
    n: group(false, true, true),
    k: group(true, true, false),
  };
}

function stridesByName({ dims }: TensorType): Map<string, number> {
  const strides = stridesOf(dims);
  return new Map(dims.map(({ name }, i) => [name, strides[i]]));
}

/** Every dim of a call, those of the result first. */
function allDims({ inputs, outputs }: Call): Dim[] {
  const byName = new Map(
    [...outputs, ...inputs].flatMap(({ dims }) => dims.map((dim) => [dim.name, dim] as const)),
  );
  return [...byName.values()];
}

function checkEquation(_: readonly TensorType[], { eq }: Attrs): void {
  const { inputs, outputs } = parseSignature(String(eq));
  if (inputs.length !== 2 || outputs.length !== 1) {
    throw new RangeError(
      `equation "${eq}" has ${inputs.length} operands and ${outputs.length} results, expected 2 ` +
        "and 1 (for one operand use sum to add up dims, rearrange to permute them)",
    );
  }
  inputs.forEach((variables, i) => {
    const alone = variables.find((name) =>
      !inputs[1 - i].includes(name) && !outputs[0].includes(name)
    );
    if (alone !== undefined) {
      throw new RangeError(
        `dim ${alone} of "${eq}" is in one operand and not in the result, expected it in both ` +
          "operands (sum the operand over it first)",
      );
    }
  });
}

function callEinsum(
  builder: Builder,
  operands: readonly Value[],
  [a, b, c]: readonly (readonly string[])[],
): Value {
  const eq = `${a.join(" ")}, ${b.join(" ")} -> ${c.join(" ")}`;
  return builder.call(einsum, operands, { eq })[0];
}
