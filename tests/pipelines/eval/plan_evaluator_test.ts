import assert from "node:assert/strict";
import { planEvaluator } from "../../../pipelines/eval/plan_evaluator.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import { modelSource } from "../model/_model_source.ts";

const MODELS = `
models:
  long: {use: gpt2, dims: {layers: 2, embed: 384, heads: 6, head_dim: 64, mlp: 1536, vocab: auto}}
`;
const GIB = 2 ** 30;

function trained(seq: number, vocab: number) {
  const source = modelSource(MODELS);
  return { model: () => compileModel(source, "long", { vocab, seq }) };
}

Deno.test("planEvaluator() takes fewer sequences at once where they need much memory", () => {
  const { plan, shapes } = planEvaluator(trained(2048, 65), {
    measured: 10,
    judged: 10,
    written: 10,
    rows: 64,
  });
  assert.ok(plan.bytes < 1.1 * GIB, `${plan.bytes}`);
  // Less than half of it would be timid.
  assert.ok(plan.bytes > 0.5 * GIB, `${plan.bytes}`);
  assert.equal(shapes.judge.batch, shapes.evaluate.batch);
  assert.ok(shapes.next.batch < 16, `${shapes.next.batch}`);
});

Deno.test("planEvaluator() counts logits too, and takes one sequence at least", () => {
  const sizes = { measured: 10, judged: 10, written: 10, rows: 2 };
  const small = planEvaluator(trained(64, 65), sizes);
  assert.deepEqual(small.shapes, {
    evaluate: { batch: 64, seq: 64 },
    judge: { batch: 64, seq: 64 },
    next: { batch: 2, seq: 64 },
  });
  const { plan, shapes } = planEvaluator(trained(64, 1_000_000), sizes);
  assert.ok(shapes.evaluate.batch < 8 && shapes.evaluate.batch > 1, `${shapes.evaluate.batch}`);
  assert.ok(plan.bytes > GIB);
  assert.equal(planEvaluator(trained(1024, 500_000), sizes).shapes.judge.batch, 1);
});
