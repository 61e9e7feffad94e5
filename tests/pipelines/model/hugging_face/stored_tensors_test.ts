import assert from "node:assert/strict";
import { tensor } from "../../../../graph/ir/tensor.ts";
import {
  layoutTensors,
  packTensor,
  plainTensors,
  unpackTensor,
} from "../../../../pipelines/model/hugging_face/stored_tensors.ts";
import type { Parameter } from "../../../../pipelines/model/model.ts";
import type { OuterPlace } from "../../../../pipelines/model/outer_names.ts";

function parameter(name: string, sizes: Record<string, number>, llama?: OuterPlace): Parameter {
  return {
    name,
    type: tensor(sizes),
    init: { kind: "constant", value: 0 },
    matrix: true,
    location: "here",
    outer: llama === undefined ? {} : { llama },
  };
}

const q = parameter("q", { embed: 2, heads: 2, head_dim: 3 }, {
  tensor: "q_proj.weight",
  dims: [["heads", "head_dim"], ["embed"]],
  part: 0,
});
const counted = (length: number, from = 0) => Float32Array.from({ length }, (_, i) => from + i);

Deno.test("packTensor() merges and transposes dims, and unpackTensor() brings them back", () => {
  const plans = layoutTensors([q], "llama");
  assert.ok(typeof plans !== "string");
  const values = counted(12);
  const stored = packTensor(plans[0], new Map([["q", values]]));
  assert.deepEqual(stored, {
    shape: [6, 2],
    data: Float32Array.of(0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11),
  });
  assert.deepEqual(unpackTensor(plans[0], stored.data), [["q", values]]);
});

Deno.test("packTensor() puts parameters side by side in the last dim", () => {
  const place = (part: number, ...dims: string[][]) => ({ tensor: "qkv", dims, part });
  const parameters = [
    parameter(
      "wide",
      { embed: 2, heads: 2, head_dim: 2 },
      place(1, ["embed"], ["heads", "head_dim"]),
    ),
    parameter("narrow", { embed: 2, one: 1 }, place(0, ["embed"], ["one"])),
  ];
  const plans = layoutTensors(parameters, "llama");
  assert.ok(typeof plans !== "string");
  const values = new Map([["wide", counted(8)], ["narrow", counted(2, 100)]]);
  const stored = packTensor(plans[0], values);
  assert.deepEqual(stored, {
    shape: [2, 5],
    data: Float32Array.of(100, 0, 1, 2, 3, 101, 4, 5, 6, 7),
  });
  assert.deepEqual(new Map(unpackTensor(plans[0], stored.data)), values);
});

Deno.test("packTensor() keeps plain tensors and scalars, and rounds doubles", () => {
  const plans = plainTensors([q, parameter("scale", {})]);
  const doubles = Float64Array.from(counted(12), (x) => x + 0.1);
  const values = new Map<string, Float32Array | Float64Array>([
    ["q", doubles],
    ["scale", Float32Array.of(7)],
  ]);
  assert.deepEqual(plans.map((plan) => packTensor(plan, values)), [
    { shape: [2, 2, 3], data: Float32Array.from(doubles) },
    { shape: [], data: Float32Array.of(7) },
  ]);
  assert.deepEqual(unpackTensor(plans[1], Float32Array.of(7)), [["scale", Float32Array.of(7)]]);
});

Deno.test("layoutTensors() says what has no place in a layout", () => {
  assert.equal(layoutTensors([q], "gpt2"), "parameter q has no name in gpt2");
  const twice = { ...q, name: "k" };
  assert.equal(
    layoutTensors([q, twice], "llama"),
    "the parameters of q_proj.weight do not fit side by side",
  );
});
