import { rmsNorm, rmsNormGrad } from "../../kernels/rms_norm.ts";
import { checkOp } from "../check_op.ts";
import { given, uniform } from "../sample.ts";

const rows = given({ batch: 2, embed: 4 }, [1, 2, -3, 0.5, 0, 1, 1, -2]);

Deno.test("rmsNorm() scales rows to unit root mean square", (t) =>
  checkOp(t, rmsNorm, [
    { inputs: [uniform(1, { batch: 2, seq: 3, embed: 6 }), uniform(2, { embed: 6 })], flops: 144 },
    {
      inputs: [uniform(3, { batch: 3, embed: 5 }), uniform(4, { embed: 5 })],
      attrs: { eps: 0.5 },
    },
    { inputs: [uniform(5, { batch: 5, embed: 1 }, 1, 2), uniform(6, { embed: 1 })] },
    { inputs: [uniform(7, { embed: 131 }), uniform(8, { embed: 131 })] },
    // PyTorch's rms_norm.
    {
      inputs: [rows, given({ embed: 4 }, [1, 0.5, 2, -1])],
      expect: [[
        0.5298122,
        0.5298122,
        -3.17887319,
        -0.2649061,
        0,
        0.40824693,
        1.63298772,
        1.63298772,
      ]],
    },
  ]));

Deno.test("rmsNormGrad() is consistent over shards and engines", (t) =>
  checkOp(t, rmsNormGrad, [
    {
      inputs: [
        uniform(1, { batch: 2, seq: 3, embed: 6 }),
        uniform(2, { embed: 6 }),
        uniform(3, { batch: 2, seq: 3, embed: 6 }),
      ],
      flops: 360,
    },
    {
      inputs: [
        uniform(4, { batch: 67, embed: 37 }),
        uniform(5, { embed: 37 }),
        uniform(6, { batch: 67, embed: 37 }),
      ],
      attrs: { eps: 0.1 },
    },
    {
      inputs: [uniform(7, { embed: 3 }), uniform(8, { embed: 3 }), uniform(9, { embed: 3 })],
    },
  ]));
