import assert from "node:assert/strict";
import { ropeFrequencies } from "../../kernels/_rope_frequencies.ts";
import { assertNear } from "../near.ts";

const PLAIN = {
  theta: 10000,
  factor: 1,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

Deno.test("ropeFrequencies() are theta^(-2i / width) radians per position, in turns", () => {
  const turns = ropeFrequencies({ ...PLAIN, theta: 100 }, 4);
  assert.deepEqual(turns, [1 / (2 * Math.PI), 0.1 / (2 * Math.PI)]);
});

Deno.test("ropeFrequencies() scale long wavelengths as transformers does for Llama 3", () => {
  // _compute_llama3_parameters of transformers 5.23, which computes in single precision.
  const assertSame = (attrs: typeof PLAIN, expected: Readonly<Record<number, number>>) => {
    const turns = ropeFrequencies(attrs, 2 * (Math.max(...Object.keys(expected).map(Number)) + 1));
    for (const [pair, radians] of Object.entries(expected)) {
      assertNear([2 * Math.PI * turns[Number(pair)] / radians], [1], 3e-7, `pair ${pair}`);
    }
  };
  const small = [1, 0.02546478994190693, 0.0024999999441206455, 0.0002500000118743628];
  assertSame({ ...PLAIN, factor: 4 }, { ...small });
  const llama = { ...PLAIN, theta: 500000, factor: 8, original_max_position_embeddings: 8192 };
  assertSame(llama, {
    0: 1,
    1: 0.663601279258728,
    14: 0.0032114461064338684,
    15: 0.0013718936825171113,
    16: 0.0005248460220173001,
    17: 0.0001785077911335975,
    18: 7.784655463183299e-5,
    31: 3.76732259610435e-7,
  });
});
