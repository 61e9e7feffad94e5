/** The tensors of a call as kernel programs see them: by name, with dims by variable. */

import type { Call } from "../../graph/ir/op.ts";
import { ELLIPSIS, parseSignature } from "../../graph/ir/signature.ts";
import type { Dtype, TensorType } from "../../graph/ir/tensor.ts";

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
 * The operands of a call, inputs first. `names` replaces the op's names of its inputs; a variadic op
 * needs it for the operands its own names do not reach.
 */
export function operandsOf(call: Call, names: readonly string[] = call.op.inputs): Operand[] {
  const types = [...call.inputs, ...call.outputs];
  const variables = types.map((type) => boundVariables(call, type));
  const dims = variables.every((list) => list !== undefined)
    ? variables as string[][]
    : signatureVariables(call);
  return types.map(({ dtype }, position): Operand => {
    const strides: Record<string, number> = {};
    let stride = 1;
    for (const dim of [...dims[position]].reverse()) {
      strides[dim] = stride;
      stride *= call.dims[dim];
    }
    const isOutput = position >= call.inputs.length;
    const name = isOutput ? call.op.outputs[position - call.inputs.length] : names[position];
    return { name: name ?? "", dtype, dims: dims[position], strides, isOutput, position };
  });
}

/** The variables of a tensor by the names of its dims; undefined where that is ambiguous. */
function boundVariables({ bindings }: Call, { dims }: TensorType): string[] | undefined {
  const variables: string[] = [];
  for (let i = 0; i < dims.length;) {
    const fitting = Object.entries(bindings).filter(([, bound]) =>
      bound.some(({ name }) => name === dims[i].name)
    );
    if (fitting.length !== 1) return undefined;
    const [[variable, bound]] = fitting;
    if (!bound.every(({ name }, at) => name === dims[i + at]?.name)) return undefined;
    variables.push(variable === ELLIPSIS ? "BATCH" : variable);
    i += bound.length;
  }
  return variables;
}

/** The variables of all tensors by the signature. */
function signatureVariables({ op, inputs, attrs }: Call): string[][] {
  const signature = parseSignature(op.signature(inputs, attrs));
  const operands = inputs.length === 0 ? [] : signature.inputs;
  return [...operands, ...signature.outputs].map((list) =>
    list.map((variable) => variable === ELLIPSIS ? "BATCH" : variable)
  );
}
