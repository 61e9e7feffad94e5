/** AdamW (Loshchilov and Hutter 2019), as PyTorch computes it. */

import { defineOp } from "../graph/ir/define_op.ts";
import type { Attrs } from "../graph/ir/op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { checkNumber } from "./_check_number.ts";
import { loopKernel } from "./lang/loop_kernel.ts";
import { flush } from "./lang/scalar_math.ts";

/**
 * One step on one parameter. `correction1` and `correction2` are `1 - beta^t` for step t = 1, 2, ...;
 * `scale` multiplies the gradient first (clipping). Weight decay is decoupled: the parameter shrinks by
 * `lr weight_decay`. Moments too small for a normal float become 0: denormals are slow.
 */
export const adamw = defineOp({
  name: "adamw",
  doc: "One AdamW step on one parameter.",
  inputs: ["param", "grad", "m", "v", "lr", "correction1", "correction2", "scale"],
  outputs: ["new_param", "new_m", "new_v"],
  attrs: {
    beta1: { default: 0.9, doc: "decay of the mean of gradients" },
    beta2: { default: 0.999, doc: "decay of the mean of squared gradients" },
    eps: { default: 1e-8, doc: "added to the root of the second moment" },
    weight_decay: { default: 0, doc: "decay of the parameter, per unit of learning rate" },
  },
  check(_, attrs) {
    checkNumber(attrs, "beta1", 1);
    checkNumber(attrs, "beta2", 1);
    checkNumber(attrs, "eps");
    checkNumber(attrs, "weight_decay");
  },
  signature: "..., ..., ..., ..., , , , -> ..., ..., ...",
  inPlace: { new_param: "param", new_m: "m", new_v: "v" },
  flops: ({ inputs: [param] }) => 15 * sizeOf(param),
  reference([param, grad, m, v, [lr], [correction1], [correction2], [scale]], { attrs }) {
    const { beta1, beta2, eps, weight_decay } = numbers(attrs);
    const [newParam, newM, newV] = [param.slice(), m.slice(), v.slice()];
    for (let i = 0; i < param.length; i++) {
      const g = grad[i] * scale;
      newM[i] = flush(beta1 * m[i] + (1 - beta1) * g);
      newV[i] = flush(beta2 * v[i] + (1 - beta2) * g * g);
      const root = Math.sqrt(newV[i] / correction2) + eps;
      newParam[i] = param[i] * (1 - lr * weight_decay) - lr / correction1 * newM[i] / root;
    }
    return [newParam, newM, newV];
  },
  kernel: (call) =>
    loopKernel(call, {
      body: `
        g = grad * scale
        first = flush(beta1 * m + (1 - beta1) * g)
        second = flush(beta2 * v + (1 - beta2) * g * g)
        shrink = 1 - lr * weight_decay
        rate = lr / correction1
        unbias = 1 / correction2
        new_param = param * shrink - rate * first / (sqrt(second * unbias) + eps)
        new_m = first
        new_v = second
      `,
    }),
});

function numbers({ beta1, beta2, eps, weight_decay }: Attrs) {
  return {
    beta1: Number(beta1),
    beta2: Number(beta2),
    eps: Number(eps),
    weight_decay: Number(weight_decay),
  };
}
