import assert from "node:assert/strict";
import { planBenchTraining } from "../../../../pipelines/cli/bench/bench_training.ts";
import { describeModel } from "../../../../pipelines/model/describe_model.ts";

/** A Llama with as many key heads as heads: its parameters, counted by hand. */
function llama(layers: number, embed: number, mlp: number, vocab: number): number {
  return 2 * vocab * embed + layers * (4 * embed ** 2 + 3 * embed * mlp + 2 * embed) + embed;
}

Deno.test("planBenchTraining() plans the models that others are compared with", () => {
  const baby = planBenchTraining("baby");
  const small = planBenchTraining("small");
  assert.equal(describeModel(baby.model).params, llama(4, 128, 512, 96));
  assert.equal(describeModel(small.model).params, llama(6, 256, 1024, 4096));
  assert.deepEqual(
    [baby, small, planBenchTraining("nanogpt")].map(({ model, config }) => [
      config.batch,
      model.dims.seq,
      model.dims.vocab,
    ]),
    [[12, 64, 96], [8, 256, 4096], [12, 64, 65]],
  );
  // Clipping: the norm of the gradients is among the results.
  assert.ok(baby.plan.buffers.has("grad_norm"));
  assert.deepEqual([...baby.plan.programs.keys()], ["step", "update", "evaluate"]);
});
