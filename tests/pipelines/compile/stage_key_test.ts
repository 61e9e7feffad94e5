import assert from "node:assert/strict";
import {
  explainChange,
  stageKey,
  type StageKeyParts,
} from "../../../pipelines/compile/stage_key.ts";

const parts: StageKeyParts = {
  kind: "train",
  config: { optimizer: { lr: 0.001, betas: [0.9, 0.95] }, rules: [{ min: 1 }, { max: 2 }] },
  seed: 7,
  inputs: { tokens: "aa" },
  files: [{ name: "a.txt", sha256: "11" }],
  sources: "ss",
  versions: { deno: "2.9.6" },
  compute: { engine: "wasm", mesh: {} },
};

Deno.test("stageKey() depends on every part and on the order of files", () => {
  const others: StageKeyParts[] = [
    parts,
    { ...parts, kind: "eval" },
    { ...parts, config: {} },
    { ...parts, seed: 8 },
    { ...parts, inputs: { tokens: "ab" } },
    { ...parts, files: [{ name: "b.txt", sha256: "11" }] },
    { ...parts, files: [{ name: "a.txt", sha256: "12" }] },
    { ...parts, files: [...parts.files, { name: "b.txt", sha256: "12" }] },
    { ...parts, files: [{ name: "b.txt", sha256: "12" }, ...parts.files] },
    { ...parts, sources: "st" },
    { ...parts, versions: { deno: "2.9.7" } },
    { ...parts, compute: { engine: "reference", mesh: {} } },
  ];
  assert.equal(new Set(others.map(stageKey)).size, others.length);
  assert.match(stageKey(parts), /^[0-9a-f]{64}$/);
});

Deno.test("stageKey() does not depend on the order of keys", () => {
  const { config, ...rest } = parts;
  assert.equal(stageKey({ config, ...rest }), stageKey({ ...rest, config }));
});

Deno.test("explainChange() says nothing of equal parts", () => {
  assert.equal(explainChange(parts, structuredClone(parts)), "");
});

const changes: readonly [string, StageKeyParts, string][] = [
  ["a field", {
    ...parts,
    config: { ...parts.config as object, optimizer: { lr: 0.01, betas: [0.9, 0.95] } },
  }, "optimizer.lr is 0.01, was 0.001"],
  ["an element of a list", {
    ...parts,
    config: { ...parts.config as object, rules: [{ min: 1 }, { max: 3 }] },
  }, "rules.1.max is 3, was 2"],
  ["a longer list", {
    ...parts,
    config: { ...parts.config as object, rules: [{ min: 1 }] },
  }, 'rules is [{"min":1}], was [{"min":1},{"max":2}]'],
  [
    "a new field",
    { ...parts, config: { ...parts.config as object, clip: 1 } },
    "clip is 1, was not set",
  ],
  ["the seed", { ...parts, seed: 8 }, "the seed changed"],
  ["an input", { ...parts, inputs: { tokens: "bb" } }, "input tokens changed"],
  ["a file", { ...parts, files: [{ name: "a.txt", sha256: "22" }] }, "input a.txt changed"],
  [
    "another file",
    { ...parts, files: [{ name: "b.txt", sha256: "11" }] },
    "input a.txt is gone; input b.txt is new",
  ],
  ["the sources", { ...parts, sources: "tt" }, "the sources of train changed"],
  ["a version", { ...parts, versions: { deno: "2.9.7" } }, "deno is 2.9.7, was 2.9.6"],
  [
    "the engine",
    { ...parts, compute: { engine: "reference", mesh: {} } },
    "engine is reference, was wasm",
  ],
  ["the kind", { ...parts, kind: "eval" }, "kind is eval, was train"],
  [
    "many things",
    { ...parts, seed: 8, sources: "tt", inputs: { tokens: "b" }, files: [] },
    "the seed changed; input tokens changed; input a.txt is gone; and 1 more",
  ],
];
for (const [what, after, expected] of changes) {
  Deno.test(`explainChange() names ${what}`, () => {
    assert.equal(explainChange(parts, after), expected);
  });
}

Deno.test("explainChange() names the engine before anything about it, and an adapter only of one engine", () => {
  const on = (compute: Record<string, unknown>) => ({
    ...parts,
    compute: { ...compute, mesh: {} },
  });
  const gpu = on({ engine: "webgpu", adapter: "NVIDIA H200" });
  const software = on({ engine: "webgpu", adapter: "llvmpipe" });
  assert.equal(explainChange(gpu, on({ engine: "wasm" })), "engine is wasm, was webgpu");
  assert.equal(explainChange(on({ engine: "wasm" }), gpu), "engine is webgpu, was wasm");
  assert.equal(explainChange(gpu, software), "adapter is llvmpipe, was NVIDIA H200");
});

Deno.test("explainChange() names files that were added, and not what is left of their paths", () => {
  const before = { ...parts, config: { read: [{}], file: undefined } };
  const after = {
    ...parts,
    config: { read: [{}, {}], file: {} },
    files: [...parts.files, { name: "b.txt", sha256: "22" }],
  };
  assert.equal(explainChange(before, after), "input b.txt is new");
});

Deno.test("explainChange() does not print long values", () => {
  const before = { ...parts, config: { text: "x".repeat(200) } };
  const after = { ...parts, config: { text: "y".repeat(200) } };
  assert.equal(explainChange(before, after), "text changed");
});
