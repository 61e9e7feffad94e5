/** Cross-entropy from logits, with z-loss, and its gradient; probabilities are never stored. */

// Dims: V vocabulary, ... positions, BATCH their number. A target of -1 is ignored: its loss is 0.

import { defineOp } from "../graph/ir/define_op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { checkNumber } from "./_check_number.ts";
import { loopKernel } from "./lang/loop_kernel.ts";
import { map } from "./map.ts";

const z_loss = { default: 0, doc: "weight of the squared logsumexp in the loss (PaLM)" };

/**
 * `loss = logsumexp - logits[target] + z_loss logsumexp^2`, nats per position, and the logsumexp
 * itself. Targets must be below V; a negative one is ignored.
 */
export const crossEntropy = defineOp({
  name: "cross_entropy",
  doc: "The loss of each position in nats, and the logsumexp of its logits.",
  inputs: ["logits", "targets"],
  outputs: ["loss", "logsumexp"],
  attrs: { z_loss },
  check: (_, attrs) => checkNumber(attrs, "z_loss"),
  dtypes: { targets: "i32" },
  signature: "... V!, ... -> ..., ...",
  flops: ({ inputs: [logits] }) => 4 * sizeOf(logits),
  reference([logits, targets], { dims: { BATCH, V }, attrs }) {
    const [loss, logsumexp] = [new Float64Array(BATCH), new Float64Array(BATCH)];
    for (let row = 0; row < BATCH; row++) {
      let [largest, total] = [-Infinity, 0];
      for (let v = 0; v < V; v++) largest = Math.max(largest, logits[row * V + v]);
      for (let v = 0; v < V; v++) total += Math.exp(logits[row * V + v] - largest);
      const lse = logsumexp[row] = largest + Math.log(total);
      if (targets[row] < 0) continue;
      loss[row] = lse - logits[row * V + targets[row]] + Number(attrs.z_loss) * lse * lse;
    }
    return [loss, logsumexp];
  },
  kernel: (call) =>
    loopKernel(call, {
      over: ["V"],
      body: `
        largest = max_over(logits)
        lse = largest + log(sum_over(exp(logits - largest)))
        picked = at(logits, V = targets)
        logsumexp = lse
        loss = where(targets >= 0, lse - picked + z_loss * lse * lse, 0)
      `,
    }),
  vjp(builder, { inputs: [logits, targets], outputs: [, logsumexp], attrs }, [dloss, dlse]) {
    const direct = dloss &&
      builder.call(crossEntropyGrad, [logits, targets, logsumexp, dloss], attrs)[0];
    if (!dlse) return [direct, undefined];
    const names = ["logits", "lse", "dlse"];
    const operands = [logits, logsumexp, dlse];
    const expr = "dlse * exp(logits - lse)";
    const dlogits = direct
      ? builder.call(map, [direct, ...operands], {
        expr: `direct + ${expr}`,
        names: ["direct", ...names],
      })
      : builder.call(map, operands, { expr, names });
    return [dlogits[0], undefined];
  },
});

/**
 * The gradient of the loss:
 * `dloss ((1 + 2 z_loss logsumexp) softmax(logits) - onehot(target))`, 0 where the target is ignored.
 */
export const crossEntropyGrad = defineOp({
  name: "cross_entropy_grad",
  doc: "The gradient of cross_entropy.",
  inputs: ["logits", "targets", "logsumexp", "dloss"],
  outputs: ["dlogits"],
  attrs: { z_loss },
  check: (_, attrs) => checkNumber(attrs, "z_loss"),
  dtypes: { targets: "i32" },
  signature: "... V!, ..., ..., ... -> ... V!",
  linear: ["dloss"],
  inPlace: { dlogits: "logits" },
  flops: ({ inputs: [logits] }) => 4 * sizeOf(logits),
  reference([logits, targets, logsumexp, dloss], { dims: { BATCH, V }, attrs }) {
    const dlogits = new Float64Array(BATCH * V);
    for (let row = 0; row < BATCH; row++) {
      if (targets[row] < 0) continue;
      const factor = dloss[row] * (1 + 2 * Number(attrs.z_loss) * logsumexp[row]);
      for (let v = 0; v < V; v++) {
        dlogits[row * V + v] = factor * Math.exp(logits[row * V + v] - logsumexp[row]);
      }
      dlogits[row * V + targets[row]] -= dloss[row];
    }
    return [dlogits];
  },
  kernel: (call) =>
    loopKernel(call, {
      body: `
        factor = where(targets >= 0, dloss * (1 + 2 * z_loss * logsumexp), 0)
        onehot = where(index(V) == targets, dloss, 0)
        dlogits = factor * exp(logits - logsumexp) - onehot
      `,
    }),
});
