import { adamw } from "../../kernels/adamw.ts";
import { checkOp } from "../check_op.ts";
import { given, type Operand, scalar, uniform } from "../sample.ts";

const attrs = { beta1: 0.8, beta2: 0.9, eps: 1e-6, weight_decay: 0.2 };

/** lr, correction1, correction2, scale */
function scalars(...values: number[]): Operand[] {
  return values.map((value) => scalar(value));
}

Deno.test("adamw() takes the steps of PyTorch's AdamW", (t) =>
  checkOp(t, adamw, [
    // Two steps of torch.optim.AdamW with half the gradients given here.
    {
      inputs: [
        given({ embed: 3 }, [1, -2, 0.5]),
        given({ embed: 3 }, [0.5, -1, 0]),
        given({ embed: 3 }, [0, 0, 0]),
        given({ embed: 3 }, [0, 0, 0]),
        ...scalars(0.1, 1 - 0.8, 1 - 0.9, 0.5),
      ],
      attrs,
      expect: [[0.8800004, -1.8600002, 0.49], [0.05, -0.1, 0], [0.00625, 0.025, 0]],
      flops: 45,
    },
    {
      inputs: [
        given({ embed: 3 }, [0.8800003999984, -1.8600001999995999, 0.49]),
        given({ embed: 3 }, [-0.3, 2, 1e-3]),
        given({ embed: 3 }, [0.05, -0.1, 0]),
        given({ embed: 3 }, [0.00625, 0.025, 0]),
        ...scalars(0.1, 1 - 0.8 ** 2, 1 - 0.9 ** 2, 0.5),
      ],
      attrs,
      expect: [
        [0.84875623, -1.86431347, 0.40383248],
        [0.01, 0.12, 1e-4],
        [0.007875, 0.1225, 2.5e-8],
      ],
    },
    {
      inputs: [
        uniform(1, { vocab: 7, embed: 5 }),
        uniform(2, { vocab: 7, embed: 5 }),
        uniform(3, { vocab: 7, embed: 5 }),
        uniform(4, { vocab: 7, embed: 5 }, 0, 2),
        ...scalars(1e-3, 0.5, 0.25, 1),
      ],
    },
    // Moments that decay below the smallest normal float become 0.
    {
      inputs: [
        given({ embed: 2 }, [1, 1]),
        given({ embed: 2 }, [0, 0]),
        given({ embed: 2 }, [1.25e-38, -1.25e-38]),
        given({ embed: 2 }, [1.2e-38, 0]),
        ...scalars(1e-3, 0.5, 0.25, 1),
      ],
      attrs,
      expect: [[1 - 2e-4, 1 - 2e-4], [0, 0], [0, 0]],
    },
  ]));
