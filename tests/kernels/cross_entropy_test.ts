import { crossEntropy, crossEntropyGrad } from "../../kernels/cross_entropy.ts";
import { checkOp } from "../check_op.ts";
import { given, integers, uniform } from "../sample.ts";

const logits = given({ seq: 2, vocab: 4 }, [1, 2, -3, 0.5, 0, 1, 1, -2]);
const targets = given({ seq: 2 }, [2, -1], "i32");

Deno.test("crossEntropy() gives nats per position and the logsumexp", (t) =>
  checkOp(t, crossEntropy, [
    {
      inputs: [
        uniform(1, { batch: 2, seq: 3, vocab: 6 }),
        integers(2, { batch: 2, seq: 3 }, -1, 6),
      ],
      attrs: { z_loss: 0.1 },
      flops: 144,
    },
    { inputs: [uniform(3, { seq: 3, vocab: 7 }, -30, 30), integers(4, { seq: 3 }, 0, 7)] },
    {
      inputs: [uniform(5, { seq: 5, vocab: 131 }), integers(6, { seq: 5 }, 0, 131)],
      smooth: false,
    },
    { inputs: [uniform(7, { seq: 2, vocab: 1 }), given({ seq: 2 }, [0, -1], "i32")] },
    // Sums of the logits would be too large to subtract.
    { inputs: [uniform(8, { seq: 3, vocab: 5 }, 80, 90), given({ seq: 3 }, [0, 4, 0], "i32")] },
    // PyTorch's cross_entropy with ignore_index -1, and its logsumexp.
    { inputs: [logits, targets], expect: [[5.46859486, 0], [2.46859486, 1.88280282]] },
    { inputs: [logits, targets], attrs: { z_loss: 0.1 }, expect: [[6.07799091, 0]] },
  ]));

Deno.test("crossEntropyGrad() is consistent over shards and engines", (t) =>
  checkOp(t, crossEntropyGrad, [
    {
      inputs: [
        uniform(1, { batch: 2, seq: 3, vocab: 6 }),
        integers(2, { batch: 2, seq: 3 }, -1, 6),
        uniform(3, { batch: 2, seq: 3 }, 1, 4),
        uniform(4, { batch: 2, seq: 3 }),
      ],
      attrs: { z_loss: 0.1 },
      flops: 144,
    },
    {
      inputs: [
        uniform(5, { seq: 5, vocab: 131 }),
        integers(6, { seq: 5 }, 0, 131),
        uniform(7, { seq: 5 }, 4, 6),
        uniform(8, { seq: 5 }),
      ],
    },
    // onehot - softmax for target 1, softmax - onehot for target 0, and an ignored target.
    {
      inputs: [
        given({ seq: 3, vocab: 2 }, [0, 0, 0, 0, 5, 6]),
        given({ seq: 3 }, [1, 0, -1], "i32"),
        given({ seq: 3 }, [Math.log(2), Math.log(2), 7]),
        given({ seq: 3 }, [-1, 1, 3]),
      ],
      expect: [[-0.5, 0.5, -0.5, 0.5, 0, 0]],
    },
  ]));
