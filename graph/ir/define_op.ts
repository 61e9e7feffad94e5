/** Makes an op from its description, filling in defaults and checking what can be checked early. */

import type { Attrs, Op } from "./op.ts";
import { parseSignature } from "./signature.ts";
import type { TensorType } from "./tensor.ts";

/** The fields of `Op`, with those that have a default optional and a constant signature as text. */
export type OpDescription =
  & Omit<Op, "variadic" | "attrs" | "dtypes" | "linear" | "inPlace" | "signature">
  & Partial<Pick<Op, "variadic" | "attrs" | "dtypes" | "linear" | "inPlace">>
  & { readonly signature: string | Op["signature"] };

/**
 * Defines an op. Defaults: not variadic, no attributes, f32 everywhere, linear in nothing, never in
 * place. Throws a SyntaxError or RangeError for a description that contradicts itself.
 */
export function defineOp(description: OpDescription): Op {
  const { name, inputs, outputs, signature } = description;
  if (typeof signature === "string") {
    const parsed = parseSignature(signature);
    const operands = inputs.length === 0 ? 1 : inputs.length;
    if (parsed.inputs.length !== operands || parsed.outputs.length !== outputs.length) {
      throw new RangeError(
        `Cannot define ${name}: signature "${signature}" has ${parsed.inputs.length} operands and ` +
          `${parsed.outputs.length} results, expected ${inputs.length} and ${outputs.length}`,
      );
    }
  }
  const named = [...inputs, ...outputs];
  for (const known of [description.linear ?? [], Object.keys(description.dtypes ?? {})].flat()) {
    if (!named.includes(known)) {
      throw new RangeError(`Cannot define ${name}: ${known} is not an operand or result`);
    }
  }
  return {
    variadic: false,
    attrs: {},
    dtypes: {},
    linear: [],
    inPlace: {},
    ...description,
    signature: typeof signature === "string"
      ? (_inputs: readonly TensorType[], _attrs: Attrs) => signature
      : signature,
  };
}
