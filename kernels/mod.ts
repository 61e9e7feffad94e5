/** The table of ops, by the names that pipelines and plans use. */

import type { Op } from "../graph/ir/op.ts";
import { adamw } from "./adamw.ts";
import { concat } from "./concat.ts";
import { crossEntropy, crossEntropyGrad } from "./cross_entropy.ts";
import { dropout } from "./dropout.ts";
import { einsum } from "./einsum.ts";
import { fill } from "./fill.ts";
import { gather, scatterAdd } from "./gather.ts";
import { layerNorm, layerNormGrad, layerNormUnbiased } from "./layer_norm.ts";
import { map } from "./map.ts";
import { max } from "./max.ts";
import { mean } from "./mean.ts";
import { randomNormal, randomUniform } from "./random.ts";
import { rearrange } from "./rearrange.ts";
import { rename } from "./rename.ts";
import { rmsNorm, rmsNormGrad } from "./rms_norm.ts";
import { rope } from "./rope.ts";
import { sgd, sgdMomentum } from "./sgd.ts";
import { pad, slice } from "./slice.ts";
import { softmax, softmaxGrad } from "./softmax.ts";
import { broadcast, sum } from "./sum.ts";
import { sumOfSquares } from "./sum_of_squares.ts";
import { toF32 } from "./to_f32.ts";

/** Every op by name. */
export const ops: Readonly<Record<string, Op>> = Object.fromEntries(
  [
    adamw,
    broadcast,
    concat,
    crossEntropy,
    crossEntropyGrad,
    dropout,
    einsum,
    fill,
    gather,
    layerNorm,
    layerNormGrad,
    layerNormUnbiased,
    map,
    max,
    mean,
    pad,
    randomNormal,
    randomUniform,
    rearrange,
    rename,
    rmsNorm,
    rmsNormGrad,
    rope,
    scatterAdd,
    sgd,
    sgdMomentum,
    slice,
    softmax,
    softmaxGrad,
    sum,
    sumOfSquares,
    toF32,
  ].map((op) => [op.name, op]),
);
