/** The tests of an op, made from its definition and a few samples. */

import assert from "node:assert/strict";
import { inferCall } from "../graph/ir/infer.ts";
import type { Op } from "../graph/ir/op.ts";
import { formatType, sizeOf, type TensorType } from "../graph/ir/tensor.ts";
import { checkGradient } from "./_check_gradient.ts";
import { checkKernel } from "./_check_kernel.ts";
import { checkLinear, checkSharding } from "./_check_sharding.ts";
import { checkWebgpuKernel } from "./_check_webgpu_kernel.ts";
import { assertNear } from "./near.ts";
import { callOf, referenceOf, type Sample } from "./sample.ts";
import { webgpuStep } from "./webgpu_engine.ts";

/** What differs from op to op. */
export interface CheckOptions {
  /** Largest relative error of a kernel; default 1e-5. */
  readonly tolerance?: number;
}

/**
 * Runs every test that follows from the definition of `op`: types, error texts, gradients against
 * difference quotients, sharding rules by brute force, kernels against the reference. The samples
 * decide what is seen: give ordinary ones and odd ones (dims of size 1, odd sizes, ties).
 */
export async function checkOp(
  t: Deno.TestContext,
  op: Op,
  samples: readonly Sample[],
  options: CheckOptions = {},
): Promise<void> {
  await t.step("the reference returns the inferred types", () => checkTypes(op, samples));
  await t.step("operands that do not fit are refused", () => checkErrors(op, samples[0]));
  if (op.vjp) {
    await t.step("the gradient is that of the reference", () => checkGradient(op, samples));
  }
  if (op.inputs.length > 0) {
    await t.step("dims split where the signature says so", () => checkSharding(op, samples));
    await t.step("sums pass through where the op is linear", () => checkLinear(op, samples));
  }
  await t.step("the wasm kernel agrees with the reference", () => {
    checkKernel(op, samples, options.tolerance ?? 1e-5);
  });
  await webgpuStep(
    t,
    "the webgpu kernel agrees with the reference",
    () => checkWebgpuKernel(op, samples, options.tolerance ?? 1e-5),
  );
}

/** Asserts that a call with operands of these types is refused with exactly this message. */
export function assertRefused(
  op: Op,
  types: readonly TensorType[],
  attrs: Sample["attrs"],
  message: string,
): void {
  assert.throws(() => inferCall(op, types, attrs), { message });
}

function checkTypes(op: Op, samples: readonly Sample[]) {
  for (const sample of samples) {
    const call = callOf(op, sample);
    const inputs = sample.inputs.map(({ data }) => data.slice());
    const results = op.reference(inputs, call);
    assert.deepEqual(
      results.map((result) => result.length),
      call.outputs.map(sizeOf),
      `sizes of the results of ${op.name}`,
    );
    sample.inputs.forEach(({ data }, i) => assert.deepEqual(inputs[i], data, "an operand changed"));
    sample.expect?.forEach((expected, i) => assertNear(results[i], expected, 1e-6, op.outputs[i]));
    if (sample.flops !== undefined) assert.equal(op.flops(call), sample.flops, "flops");
    assert.ok(op.flops(call) >= 0);
  }
}

function checkErrors(op: Op, sample: Sample) {
  const types = sample.inputs.map(({ type }) => type);
  const refused = (changed: readonly TensorType[], attrs: Sample["attrs"], what: string) =>
    assert.throws(
      () => inferCall(op, changed, attrs),
      (error: Error) => error.message.startsWith(`Cannot call ${op.name}: `),
      what,
    );
  refused(types, { ...sample.attrs, misspelt_attribute: 1 }, "an unknown attribute");
  if (types.length > 0) {
    const missing = Math.min(types.length, op.inputs.length) - 1;
    refused(types.slice(0, missing), sample.attrs, "a missing operand");
  }
  if (!op.variadic) refused([...types, { dtype: "f32", dims: [] }], sample.attrs, "one too many");
  types.forEach((type, i) => {
    if (op.dtypes[op.inputs[i]] === "any") return;
    const dtype = type.dtype === "f32" ? "i32" : "f32";
    refused(types.with(i, { ...type, dtype }), sample.attrs, `${formatType(type)} as ${dtype}`);
  });
  for (const [name, { default: fallback }] of Object.entries(op.attrs)) {
    if (fallback !== undefined) continue;
    const { [name]: _, ...rest } = sample.attrs ?? {};
    refused(types, rest, `without ${name}`);
  }
  assert.equal(referenceOf(op, sample).length, op.outputs.length);
}
