import { layerNorm, layerNormGrad, layerNormUnbiased } from "../../kernels/layer_norm.ts";
import { checkOp } from "../check_op.ts";
import { given, uniform } from "../sample.ts";

const rows = given({ batch: 2, embed: 4 }, [1, 2, -3, 0.5, 0, 1, 1, -2]);
const weight = given({ embed: 4 }, [1, 0.5, 2, -1]);

Deno.test("layerNorm() brings rows to mean 0 and variance 1", (t) =>
  checkOp(t, layerNorm, [
    {
      inputs: [
        uniform(1, { batch: 2, seq: 3, embed: 6 }),
        uniform(2, { embed: 6 }),
        uniform(3, { embed: 6 }),
      ],
      flops: 288,
    },
    {
      inputs: [
        uniform(4, { batch: 3, embed: 5 }, 3, 4),
        uniform(5, { embed: 5 }),
        uniform(6, { embed: 5 }),
      ],
      attrs: { eps: 0.5 },
    },
    {
      inputs: [
        uniform(7, { batch: 5, embed: 1 }),
        uniform(8, { embed: 1 }),
        uniform(9, { embed: 1 }),
      ],
    },
    {
      inputs: [uniform(1, { embed: 131 }), uniform(2, { embed: 131 }), uniform(3, { embed: 131 })],
    },
    // A mean far larger than the deviation.
    {
      inputs: [
        uniform(4, { batch: 3, embed: 64 }, 100, 101),
        uniform(5, { embed: 64 }),
        uniform(6, { embed: 64 }),
      ],
      smooth: false,
    },
    // PyTorch's layer_norm.
    {
      inputs: [rows, weight, given({ embed: 4 }, [0.1, 0.2, 0.3, 0.4])],
      expect: [[
        0.56460566,
        0.69779178,
        -3.01861188,
        0.20088329,
        0.1,
        0.60824693,
        1.93298772,
        2.03298772,
      ]],
    },
  ]));

Deno.test("layerNormUnbiased() leaves out the bias", (t) =>
  checkOp(t, layerNormUnbiased, [
    { inputs: [uniform(1, { batch: 2, seq: 3, embed: 6 }), uniform(2, { embed: 6 })], flops: 252 },
    { inputs: [uniform(3, { batch: 3, embed: 5 }), uniform(4, { embed: 5 })], attrs: { eps: 0.5 } },
    {
      inputs: [rows, weight],
      expect: [[
        0.46460566,
        0.49779178,
        -3.31861188,
        -0.19911671,
        0,
        0.40824693,
        1.63298772,
        1.63298772,
      ]],
    },
  ]));

Deno.test("layerNormGrad() is consistent over shards and engines", (t) =>
  checkOp(t, layerNormGrad, [
    {
      inputs: [
        uniform(1, { batch: 2, seq: 3, embed: 6 }),
        uniform(2, { embed: 6 }),
        uniform(3, { batch: 2, seq: 3, embed: 6 }),
      ],
      flops: 684,
    },
    {
      inputs: [
        uniform(4, { batch: 67, embed: 37 }),
        uniform(5, { embed: 37 }),
        uniform(6, { batch: 67, embed: 37 }),
      ],
      attrs: { eps: 0.1 },
    },
    { inputs: [uniform(7, { embed: 3 }), uniform(8, { embed: 3 }), uniform(9, { embed: 3 })] },
    // A mean far larger than the deviation.
    {
      inputs: [
        uniform(4, { batch: 3, embed: 64 }, 100, 101),
        uniform(5, { embed: 64 }),
        uniform(6, { batch: 3, embed: 64 }),
      ],
    },
  ], { tolerance: 3e-5 }));
