/** The tensors of a call as kernel programs see them: by name, with dims by variable. */

import type { Call } from "../../graph/ir/op.ts";
import { ELLIPSIS, parseSignature } from "../../graph/ir/signature.ts";
import type { Dtype } from "../../graph/ir/tensor.ts";

/** An input or output of a call. */
export interface Operand {
  readonly name: string;
  readonly dtype: Dtype;
  /** Dim variables of the signature, `BATCH` for `...`. */
  readonly dims: readonly string[];
  /** Elements between neighbours along each dim. */
  readonly strides: Readonly<Record<string, number>>;
  readonly isOutput: boolean;
  /** Position among the parameters of the kernel: inputs, then outputs. */
  readonly position: number;
}

/**
 * The operands of a call, inputs first. `inputNames` replaces the op's names of its inputs; a variadic
 * op needs it for the operands its own names do not reach.
 */
export function operandsOf(call: Call, inputNames: readonly string[] = call.op.inputs): Operand[] {
  const signature = parseSignature(call.op.signature(call.inputs, call.attrs));
  const describe = (isOutput: boolean) => (type: { dtype: Dtype }, i: number): Operand => {
    const variables = (isOutput ? signature.outputs : signature.inputs)[i];
    const dims = variables.map((variable) => variable === ELLIPSIS ? "BATCH" : variable);
    const strides: Record<string, number> = {};
    let stride = 1;
    for (const dim of [...dims].reverse()) {
      strides[dim] = stride;
      stride *= call.dims[dim];
    }
    const name = (isOutput ? call.op.outputs : inputNames)[i];
    const position = isOutput ? call.inputs.length + i : i;
    return { name: name ?? `operand ${i}`, dtype: type.dtype, dims, strides, isOutput, position };
  };
  return [...call.inputs.map(describe(false)), ...call.outputs.map(describe(true))];
}
