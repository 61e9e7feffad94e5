import assert from "node:assert/strict";
import { tensor } from "../../../graph/ir/tensor.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import { initialValue } from "../../../pipelines/model/initial_values.ts";
import type { Init, Parameter } from "../../../pipelines/model/model.ts";
import { initialValues } from "./_initial_values.ts";
import { modelSource } from "./_model_source.ts";

function parameter(init: Init, name = "w"): Pick<Parameter, "name" | "type" | "init"> {
  return { name, type: tensor({ a: 100, b: 200 }), init };
}

Deno.test("initialValue() draws a normal distribution of the standard deviation", () => {
  const values = initialValue(parameter({ kind: "normal", std: 0.02 }), 7);
  const mean = values.reduce((total, x) => total + x, 0) / values.length;
  const variance = values.reduce((total, x) => total + (x - mean) ** 2, 0) / values.length;
  assert.ok(Math.abs(mean) < 0.0006, `mean ${mean}`);
  assert.ok(Math.abs(Math.sqrt(variance) - 0.02) < 0.0003, `deviation ${Math.sqrt(variance)}`);
  const beyond = values.filter((x) => Math.abs(x) > 0.04).length / values.length;
  assert.ok(Math.abs(beyond - 0.0455) < 0.005, `${beyond} beyond two deviations`);
});

Deno.test("initialValue() draws a uniform distribution within the bound", () => {
  const values = initialValue(parameter({ kind: "uniform", bound: 3 }), 7);
  assert.ok(values.every((x) => Math.abs(x) <= 3));
  assert.ok(values.some((x) => x > 2.9) && values.some((x) => x < -2.9));
});

Deno.test("initialValue() fills with a constant", () => {
  assert.ok(initialValue(parameter({ kind: "constant", value: 1 }), 7).every((x) => x === 1));
});

Deno.test("initialValue() gives the same numbers everywhere", () => {
  const values = initialValue(parameter({ kind: "normal", std: 1 }), 7);
  assert.deepEqual([...values.slice(0, 3)], GOLDEN);
  assert.notDeepEqual(values, initialValue(parameter({ kind: "normal", std: 1 }, "v"), 7));
  assert.notDeepEqual(values, initialValue(parameter({ kind: "normal", std: 1 }), 8));
});

const GOLDEN = [-0.1154508888721466, -0.39417046308517456, 0.23715314269065857];

Deno.test("initialValues() begins GPT-2 with 0.02, and less what writes to the residual stream", () => {
  const source = modelSource(`
models:
  m: {use: gpt2, dims: {layers: 2, embed: 64, heads: 4, head_dim: 16, mlp: 128, vocab: 64}}
`);
  const values = initialValues(compileModel(source, "m", { seq: 32 }), 3);
  const deviation = (name: string) => {
    const list = values.get(name)!;
    return Math.sqrt(list.reduce((total, x) => total + x * x, 0) / list.length);
  };
  const expected: Record<string, number> = {
    "embedding.weight": 0.02,
    "positions": 0.02,
    "layers.1.attention.q.weight": 0.02,
    "layers.1.attention.o.weight": 0.01,
    "layers.1.ffn.up.weight": 0.02,
    "layers.1.ffn.down.weight": 0.01,
    "layers.1.ffn.down.bias": 0,
    "norm.weight": 1,
  };
  for (const [name, std] of Object.entries(expected)) {
    const got = deviation(name);
    assert.ok(Math.abs(got - std) <= 0.05 * std, `${name}: ${got}, expected ${std}`);
  }
});
