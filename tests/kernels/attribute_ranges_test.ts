import type { Attr, Op } from "../../graph/ir/op.ts";
import { type Dtype, tensor } from "../../graph/ir/tensor.ts";
import { adamw } from "../../kernels/adamw.ts";
import { crossEntropy, crossEntropyGrad } from "../../kernels/cross_entropy.ts";
import { dropout } from "../../kernels/dropout.ts";
import { layerNorm, layerNormGrad, layerNormUnbiased } from "../../kernels/layer_norm.ts";
import { rmsNorm, rmsNormGrad } from "../../kernels/rms_norm.ts";
import { rope } from "../../kernels/rope.ts";
import { sgd, sgdMomentum } from "../../kernels/sgd.ts";
import { assertRefused } from "../check_op.ts";

const FROM_0 = "a number of 0 or more";
const SHARE = "a number from 0 to below 1";
const ABOVE_0 = "a number above 0";

/** An attribute, values that are out of its range, and what is said of the range. */
const RANGES: readonly (readonly [Op, string, readonly Attr[], string])[] = [
  [rope, "theta", [0, -1, NaN, Infinity, "abc"], ABOVE_0],
  [rope, "factor", [0.5, NaN, Infinity, "abc"], "a number of 1 or more"],
  [rope, "low_freq_factor", [-1, NaN, "abc"], FROM_0],
  [rope, "high_freq_factor", [-1, Infinity], FROM_0],
  [rope, "high_freq_factor", [1, 0.5], "above low_freq_factor 1"],
  [rope, "original_max_position_embeddings", [-1, NaN], FROM_0],
  [rmsNorm, "eps", [-1, NaN, Infinity, "abc"], FROM_0],
  [rmsNormGrad, "eps", [-1], FROM_0],
  [layerNorm, "eps", [-1, NaN, Infinity], FROM_0],
  [layerNormUnbiased, "eps", [-1], FROM_0],
  [layerNormGrad, "eps", [-1], FROM_0],
  [crossEntropy, "z_loss", [-1, NaN], FROM_0],
  [crossEntropyGrad, "z_loss", [-1], FROM_0],
  [dropout, "p", [-0.1, 1, 10, NaN, "abc"], SHARE],
  [adamw, "beta1", [-0.1, 1], SHARE],
  [adamw, "beta2", [-0.1, 1], SHARE],
  [adamw, "eps", [-1e-8], FROM_0],
  [adamw, "weight_decay", [-0.1], FROM_0],
  [sgd, "weight_decay", [-0.1], FROM_0],
  [sgdMomentum, "momentum", [-0.1, 1], SHARE],
  [sgdMomentum, "weight_decay", [-0.1], FROM_0],
];

/** Operands that are no f32[seq=2 embed=4] and no scalar. */
function sizesOf(input: string): Record<string, number> {
  if (/^(key|lr|scale|correction\d)$/.test(input)) return {};
  if (/^(weight|bias)$/.test(input)) return { embed: 4 };
  if (/^(targets|logsumexp|dloss)$/.test(input)) return { seq: 2 };
  return { seq: 2, embed: 4 };
}

for (const [op, name, values, range] of RANGES) {
  Deno.test(`${op.name} refuses ${name} out of its range`, () => {
    const types = op.inputs.map((input) =>
      tensor(sizesOf(input), (op.dtypes[input] ?? "f32") as Dtype)
    );
    for (const value of values) {
      const message = `Cannot call ${op.name}: ${name} must be ${range}, got ${value}`;
      assertRefused(op, types, { [name]: value }, message);
    }
  });
}
