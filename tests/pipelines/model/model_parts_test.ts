import assert from "node:assert/strict";
import { SCALAR_FUNCTIONS } from "../../../kernels/lang/functions.ts";
import { ops } from "../../../kernels/mod.ts";
import { library } from "../../../pipelines/model/blocks_of.ts";
import { modelParts } from "../../../pipelines/model/model_parts.ts";
import { parameterOps } from "../../../pipelines/model/parameter_ops.ts";

/** The first cells of the tables under a heading. */
function listed(heading: string): Set<string> {
  const [, section] = modelParts().split(`## ${heading}\n`);
  const [text] = section.split("\n## ");
  return new Set([...text.matchAll(/^\| `(\w+)/gm)].map(([, name]) => name));
}

Deno.test("modelParts() lists the ops that a model in training may call, and no others", () => {
  const hidden = Object.keys(ops).filter((name) => !listed("Ops").has(name));
  assert.deepEqual(hidden, [
    "adamw",
    "cross_entropy_grad",
    "layer_norm_grad",
    "random_normal",
    "random_uniform",
    "rms_norm_grad",
    "sgd",
    "sgd_momentum",
    "softmax_grad",
  ]);
  for (const name of Object.keys(parameterOps)) assert.ok(listed("Ops").has(name), name);
});

Deno.test("modelParts() lists every block of the library and every function of expressions", () => {
  assert.deepEqual([...listed("Blocks of the library")], [...library().keys()]);
  assert.deepEqual([...listed("Slots and attributes of blocks")], [...library().keys()]);
  assert.deepEqual([...listed("Expressions of `map`")], Object.keys(SCALAR_FUNCTIONS));
});

Deno.test("modelParts() tells operands, attributes and defaults as nodes write them", () => {
  const lines = modelParts().split("\n").map((line) => line.replace(/ +/g, " "));
  for (
    const line of [
      "| `dropout` | x | `p` | Sets elements of x to 0 at random and scales up the others. |",
      "| `rope` | `theta` | `10000` | base of the wavelengths |",
      "| `dropout` | `p` | required | probability of 0 |",
      "| `decoder` | `ffn` | slot | `swiglu` |",
      "| `decoder` | `tied` | attribute | `false` |",
      "| `silu(x)` | x * sigmoid(x) |",
    ]
  ) assert.ok(lines.includes(line), line);
});
