/** Infers a call: binds dim variables to the operands' dims and derives the result types. */

import type { Attr, Attrs, Call, Op } from "./op.ts";
import { ELLIPSIS, isLiteralDim, parseSignature } from "./signature.ts";
import {
  type Dim,
  type Dtype,
  formatDims,
  formatType,
  sameDims,
  type TensorType,
} from "./tensor.ts";

/**
 * Checks the operands and attributes of a call and infers its results. Throws an Error that starts
 * `Cannot call <op>: ` where they do not fit.
 */
export function inferCall(op: Op, inputs: readonly TensorType[], attrs: Attrs = {}): Call {
  const fail = (detail: string): never => {
    throw new TypeError(`Cannot call ${op.name}: ${detail}`);
  };
  checkArity(op, inputs.length, fail);
  const full = fillAttrs(op, attrs, fail);
  const anyDtype = checkDtypes(op, inputs, fail);
  const attempt = <T>(run: () => T): T => {
    try {
      return run();
    } catch (error) {
      return fail(error instanceof Error ? error.message : String(error));
    }
  };
  attempt(() => op.check?.(inputs, full));
  const text = attempt(() => op.signature(inputs, full));
  const signature = attempt(() => parseSignature(text));
  if (signature.inputs.length !== inputs.length && inputs.length + signature.inputs.length > 1) {
    fail(`signature "${text}" has ${signature.inputs.length} operands, got ${inputs.length}`);
  }
  const bindings = bind(op, signature.inputs, inputs, fail);
  const made = attempt(() => op.outputDims?.(inputs, full)) ?? {};
  const resolve = (variable: string): readonly Dim[] => {
    const bound = bindings[variable];
    if (bound) return bound;
    const dim = made[variable] ?? fromAttr(variable, full[variable]);
    if (!dim) return fail(`dim ${variable} of the result has no size`);
    if (!Number.isSafeInteger(dim.size) || dim.size < 1) {
      fail(`dim ${dim.name} of the result must be at least 1, got ${dim.size}`);
    }
    return bindings[variable] = [dim];
  };
  const outputs = signature.outputs.map((variables, i): TensorType => {
    const dims = variables.flatMap(resolve);
    const twice = dims.find((dim, at) => dims.findIndex((other) => other.name === dim.name) !== at);
    if (twice) fail(`the result would have dim ${twice.name} twice: ${formatDims(dims)}`);
    const dtype = op.dtypes[op.outputs[i]] ?? "f32";
    return { dtype: dtype === "any" ? anyDtype : dtype, dims };
  });
  const dims: Record<string, number> = {};
  for (const [variable, bound] of Object.entries(bindings)) {
    dims[variable === ELLIPSIS ? "BATCH" : variable] = bound.reduce((n, dim) => n * dim.size, 1);
  }
  return { op, inputs, outputs, attrs: full, dims, bindings };
}

type Fail = (detail: string) => never;

function checkArity(op: Op, count: number, fail: Fail) {
  if (count < op.inputs.length) {
    fail(`${op.inputs[count]} is missing, expected ${op.inputs.join(", ")}`);
  }
  if (count > op.inputs.length && !op.variadic) {
    fail(`it takes ${op.inputs.length} operands (${op.inputs.join(", ")}), got ${count}`);
  }
}

function fillAttrs(op: Op, attrs: Attrs, fail: Fail): Attrs {
  for (const name of Object.keys(attrs)) {
    if (!(name in op.attrs)) {
      const known = Object.keys(op.attrs);
      fail(`unknown attribute ${name}, expected ${known.length > 0 ? known.join(", ") : "none"}`);
    }
  }
  const full: Record<string, Attr> = {};
  for (const [name, spec] of Object.entries(op.attrs)) {
    const value = attrs[name] ?? spec.default;
    if (value === undefined) fail(`attribute ${name} is missing (${spec.doc})`);
    else full[name] = value;
  }
  return full;
}

/** Returns the dtype shared by the operands declared `"any"`. */
function checkDtypes(op: Op, inputs: readonly TensorType[], fail: Fail): Dtype {
  let shared: Dtype | undefined;
  inputs.forEach((type, i) => {
    const name = operandName(op, i);
    const expected = op.dtypes[name] ?? "f32";
    if (expected === "any") shared ??= type.dtype;
    const wanted = expected === "any" ? shared : expected;
    if (type.dtype !== wanted) fail(`${name} must be ${wanted}, got ${formatType(type)}`);
  });
  return shared ?? "f32";
}

function bind(
  op: Op,
  operands: readonly (readonly string[])[],
  inputs: readonly TensorType[],
  fail: Fail,
): Record<string, readonly Dim[]> {
  const bindings: Record<string, readonly Dim[]> = {};
  const boundIn: Record<string, string> = {};
  inputs.forEach(({ dims }, i) => {
    const variables = operands[i];
    const name = operandName(op, i);
    const leading = dims.length - variables.filter((variable) => variable !== ELLIPSIS).length;
    if (leading < 0 || (leading > 0 && variables[0] !== ELLIPSIS)) {
      fail(`${name} must have dims [${variables.join(" ")}], got ${formatDims(dims)}`);
    }
    let at = 0;
    for (const variable of variables) {
      const bound = dims.slice(at, at += variable === ELLIPSIS ? leading : 1);
      if (isLiteralDim(variable) && bound[0].name !== variable) {
        fail(`${name} must have dims [${variables.join(" ")}], got ${formatDims(dims)}`);
      }
      const known = bindings[variable];
      if (known && !sameDims(known, bound)) {
        const print = (list: readonly Dim[]) => formatDims(list).slice(1, -1) || "absent";
        fail(
          `dim ${variable} is ${print(known)} in ${boundIn[variable]} but ${
            print(bound)
          } in ${name}`,
        );
      }
      bindings[variable] = bound;
      boundIn[variable] ??= name;
    }
  });
  return bindings;
}

function fromAttr(variable: string, size: Attr | undefined): Dim | undefined {
  return typeof size === "number" ? { name: variable.toLowerCase(), size } : undefined;
}

/** The name of operand `i` of an op: its declared name, or its number for further operands. */
export function operandName(op: Op, i: number): string {
  return op.inputs[i] ?? `operand ${i + 1}`;
}
