import { sgd, sgdMomentum } from "../../kernels/sgd.ts";
import { checkOp } from "../check_op.ts";
import { given, scalar, uniform } from "../sample.ts";

const param = given({ embed: 3 }, [1, -2, 0.5]);
const grad = given({ embed: 3 }, [0.5, -1, 0]);

Deno.test("sgd() goes down the gradient", (t) =>
  checkOp(t, sgd, [
    {
      inputs: [param, grad, scalar(0.1), scalar(0.5)],
      attrs: { weight_decay: 0.2 },
      expect: [[0.955, -1.91, 0.49]],
      flops: 15,
    },
    {
      inputs: [
        uniform(1, { vocab: 7, embed: 5 }),
        uniform(2, { vocab: 7, embed: 5 }),
        scalar(0.3),
        scalar(1),
      ],
    },
  ]));

Deno.test("sgdMomentum() takes the steps of PyTorch's SGD", (t) =>
  checkOp(t, sgdMomentum, [
    // Two steps of torch.optim.SGD with half the gradients given here.
    {
      inputs: [param, grad, given({ embed: 3 }, [0, 0, 0]), scalar(0.1), scalar(0.5)],
      attrs: { weight_decay: 0.2 },
      expect: [[0.955, -1.91, 0.49], [0.45, -0.9, 0.1]],
      flops: 21,
    },
    {
      inputs: [
        given({ embed: 3 }, [0.955, -1.91, 0.49]),
        given({ embed: 3 }, [-0.3, 2, 1e-3]),
        given({ embed: 3 }, [0.45, -0.9, 0.1]),
        scalar(0.1),
        scalar(0.5),
      ],
      attrs: { weight_decay: 0.2 },
      expect: [[0.9104, -1.8908, 0.47115], [0.446, -0.192, 0.1885]],
    },
    {
      inputs: [
        uniform(1, { vocab: 7, embed: 5 }),
        uniform(2, { vocab: 7, embed: 5 }),
        uniform(3, { vocab: 7, embed: 5 }),
        scalar(0.3),
        scalar(1),
      ],
      attrs: { momentum: 0.5 },
    },
    // A velocity that decays below the smallest normal float becomes 0.
    {
      inputs: [
        given({ embed: 1 }, [1]),
        given({ embed: 1 }, [0]),
        given({ embed: 1 }, [1.25e-38]),
        scalar(0.1),
        scalar(1),
      ],
      expect: [[1], [0]],
    },
  ]));
