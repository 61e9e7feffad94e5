/** Gradient descent with and without momentum, as PyTorch computes it. */

import { defineOp } from "../graph/ir/define_op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { checkNumber } from "./_check_number.ts";
import { loopKernel } from "./lang/loop_kernel.ts";
import { flush } from "./lang/scalar_math.ts";

const weight_decay = { default: 0, doc: "times the parameter is added to the gradient" };

/** One step on one parameter; `scale` multiplies the gradient first (clipping). */
export const sgd = defineOp({
  name: "sgd",
  doc: "One step of gradient descent on one parameter.",
  inputs: ["param", "grad", "lr", "scale"],
  outputs: ["new_param"],
  attrs: { weight_decay },
  check: (_, attrs) => checkNumber(attrs, "weight_decay"),
  signature: "..., ..., ,  -> ...",
  inPlace: { new_param: "param" },
  flops: ({ inputs: [param] }) => 5 * sizeOf(param),
  reference([param, grad, [lr], [scale]], { attrs }) {
    const decay = Number(attrs.weight_decay);
    return [param.map((value, i) => value - lr * (grad[i] * scale + decay * value))];
  },
  kernel: (call) =>
    loopKernel(call, {
      body: "new_param = param - lr * (grad * scale + weight_decay * param)",
    }),
});

/** `sgd` with heavy-ball momentum: `velocity = momentum velocity + gradient`. */
export const sgdMomentum = defineOp({
  name: "sgd_momentum",
  doc: "One step of gradient descent with momentum on one parameter.",
  inputs: ["param", "grad", "velocity", "lr", "scale"],
  outputs: ["new_param", "new_velocity"],
  attrs: { momentum: { default: 0.9, doc: "decay of the velocity" }, weight_decay },
  check(_, attrs) {
    checkNumber(attrs, "momentum", 1);
    checkNumber(attrs, "weight_decay");
  },
  signature: "..., ..., ..., ,  -> ..., ...",
  inPlace: { new_param: "param", new_velocity: "velocity" },
  flops: ({ inputs: [param] }) => 7 * sizeOf(param),
  reference([param, grad, velocity, [lr], [scale]], { attrs }) {
    const [momentum, decay] = [Number(attrs.momentum), Number(attrs.weight_decay)];
    const faster = velocity.map((value, i) =>
      flush(momentum * value + grad[i] * scale + decay * param[i])
    );
    return [param.map((value, i) => value - lr * faster[i]), faster];
  },
  kernel: (call) =>
    loopKernel(call, {
      body: `
        gradient = grad * scale + weight_decay * param
        faster = flush(momentum * velocity + gradient)
        new_param = param - lr * faster
        new_velocity = faster
      `,
    }),
});
