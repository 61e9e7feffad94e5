import assert from "node:assert/strict";
import { parse } from "yaml";
import type { FileSystem } from "../../../pipelines/schema/file_system.ts";
import { PipelineError } from "../../../pipelines/schema/problem.ts";
import { resolvePipeline } from "../../../pipelines/schema/resolve.ts";
import type { ResolvedPipeline } from "../../../pipelines/schema/resolve.ts";
import { memoryFiles } from "./_memory_files.ts";

/** Resolves `/project/p.yaml` of the given files. */
function resolve(
  files: Readonly<Record<string, string>>,
  set: readonly string[] = [],
  fs: FileSystem = memoryFiles(files),
): ResolvedPipeline {
  return resolvePipeline("p.yaml", { cwd: "/project", set, readText: (path) => fs.readText(path) });
}

/** What is said about files that cannot be resolved. */
function refusal(files: Readonly<Record<string, string>>, set: readonly string[] = []): string {
  try {
    resolve(files, set);
  } catch (error) {
    assert.ok(error instanceof PipelineError);
    return error.message;
  }
  assert.fail("nothing was refused");
}

const train = `
version: 1
name: p
models: {m: {use: decoder}}
stages:
  world: {kind: documents, generate: small_world, count: 5}
  tokens: {kind: tokenize, from: world, tokenizer: {train: char}, seq: 8}
  train: {kind: train, model: m, data: tokens, batch: 4, steps: 10}
`;

Deno.test("resolvePipeline() fills in every default", () => {
  const { config } = resolve({ "/project/p.yaml": train });
  assert.deepEqual(config, {
    version: 1,
    name: "p",
    seed: 0,
    mesh: {},
    sharding: { params: {}, activations: {}, optimizer: "params" },
    precision: { params: "f32", compute: "f32" },
    models: { m: { use: "decoder", dims: {}, attributes: {} } },
    blocks: {},
    stages: {
      world: { kind: "documents", generate: "small_world", count: 5 },
      tokens: {
        kind: "tokenize",
        from: "world",
        tokenizer: { train: "char" },
        seq: 8,
        held_out: { by: "hash", share: 0.05 },
        boundaries: "eos",
      },
      train: {
        kind: "train",
        steps: 10,
        model: "m",
        data: "tokens",
        batch: 4,
        accumulate: 1,
        order: "shuffled",
        optimizer: {
          kind: "adamw",
          lr: 0.001,
          betas: [0.9, 0.95],
          eps: 1e-8,
          weight_decay: 0.1,
          decay: "matrices",
        },
        schedule: { kind: "cosine", warmup: 0, final: 0.1 },
        clip: 1,
        z_loss: 0,
        eval: { every: 0 },
        checkpoint: { keep: 1 },
      },
    },
  });
});

Deno.test("resolvePipeline() expands shorthands", () => {
  const { config } = resolve({
    "/project/p.yaml": `
version: 1
name: p
sharding: {params: {embed: fsdp}}
blocks:
  b:
    - {op: linear, in: x, to: mlp, scale: 2, with: {act: gelu}}
stages:
  a: {kind: documents, read: a.txt}
  f: {kind: filter, from: a, rules: exact_dedup}
  e: {kind: eval, models: a, questions: a}
  q: {kind: eval, models: [a], questions: b.jsonl}
`,
  });
  assert.deepEqual(config.sharding.params, { embed: ["fsdp"] });
  assert.deepEqual(config.blocks.b, {
    inputs: ["x"],
    slots: {},
    attrs: {},
    nodes: [{
      op: "linear",
      in: ["x"],
      to: ["mlp"],
      with: { act: { use: "gelu", attributes: {} } },
      attributes: { scale: 2 },
    }],
  });
  const { a, f, e, q } = config.stages;
  assert.ok(a.kind === "documents" && f.kind === "filter");
  assert.ok(e.kind === "eval" && q.kind === "eval");
  assert.deepEqual(a.read, [{ path: "/project/a.txt" }]);
  assert.deepEqual(f.rules, [{ exact_dedup: {} }]);
  assert.deepEqual([e.models, e.questions], [["a"], "a"]);
  assert.deepEqual(q.questions, { path: "/project/b.jsonl" });
});

const family = {
  "/project/p.yaml": `
extends: base/mother.yaml
name: p
stages:
  a: {read: [own.txt]}
  t: {optimizer: {lr: 0.5}}
`,
  "/project/base/mother.yaml": `
extends: ../base/grand.yaml
version: 1
name: mother
seed: 3
models: {m: {use: decoder, dims: {embed: 4}}}
stages:
  a: {kind: documents, read: [x.txt, y.txt], unit: file}
  b: {kind: documents, read: sub/z.txt}
`,
  "/project/base/grand.yaml": `
seed: 4
stages:
  t: {kind: train, model: m, data: d, batch: 1, steps: 2, optimizer: {lr: 1, eps: 0.5}}
`,
};

Deno.test("resolvePipeline() merges maps of extended files and replaces lists and scalars", () => {
  const { config, files } = resolve(family);
  assert.deepEqual(files, [
    "/project/p.yaml",
    "/project/base/mother.yaml",
    "/project/base/grand.yaml",
  ]);
  assert.equal(config.name, "p");
  assert.equal(config.seed, 3);
  assert.equal(config.extends, undefined);
  const { a, b, t } = config.stages;
  assert.ok(a.kind === "documents" && b.kind === "documents" && t.kind === "train");
  assert.ok(a.read && b.read && t.optimizer.kind === "adamw");
  assert.equal(a.unit, "file");
  assert.equal(t.optimizer.lr, 0.5);
  assert.equal(t.optimizer.eps, 0.5);
  // Each path resolves against the file that has it.
  assert.deepEqual(a.read, [{ path: "/project/own.txt" }]);
  assert.deepEqual(b.read, [{ path: "/project/base/sub/z.txt" }]);
});

Deno.test("positions() leads to the file that a value came from, through shorthands", () => {
  const { positions } = resolve(family, ["stages.t.steps=9"]);
  assert.equal(positions(["name"]), "p.yaml:3:7");
  assert.equal(positions(["seed"]), "base/mother.yaml:5:7");
  assert.equal(positions(["stages", "t", "optimizer", "lr"]), "p.yaml:6:23");
  assert.equal(positions(["stages", "t", "optimizer", "eps"]), "base/grand.yaml:4:83");
  assert.equal(positions(["stages", "b", "read", 0, "path"]), "base/mother.yaml:9:30");
  assert.equal(positions(["stages", "t", "steps"]), "--set stages.t.steps");
  // What was not written is where the nearest map is that was.
  assert.equal(positions(["stages", "t", "optimizer", "betas", 1]), "p.yaml:6:18");
  assert.equal(positions(["mesh", "dp"]), "p.yaml:2:1");
});

Deno.test("place() follows attributes and blocks that are written as lists", () => {
  const { positions, keyPlace } = resolve({
    "/project/p.yaml": `version: 1
name: p
models: {m: {use: b, dropout: 0.5}}
blocks:
  b:
    - {op: linear, to: embed, factor: 2}
stages: {}
`,
  });
  assert.equal(positions(["models", "m", "attributes", "dropout"]), "p.yaml:3:31");
  assert.equal(positions(["blocks", "b", "nodes", 0, "to", 0]), "p.yaml:6:24");
  assert.equal(positions(["blocks", "b", "nodes", 0, "attributes", "factor"]), "p.yaml:6:39");
  const { line, column } = keyPlace(["blocks", "b", "nodes", 0, "to"]);
  assert.deepEqual([line, column], [6, 20]);
});

Deno.test("--set values are YAML, win over the file, and resolve against the caller's folder", () => {
  const files = { "/project/p.yaml": "extends: base/p.yaml\n", "/project/base/p.yaml": train };
  const { config } = resolve(files, [
    "stages.train.optimizer={kind: sgd, lr: 1e-2}",
    "--stages.train.schedule.warmup=3",
    "stages.train.steps=1",
    "stages.train.steps=2",
    "models.m.dropout=0.25",
    "stages.world={kind: documents, read: data/x.txt}",
    "name='quoted'",
  ]);
  const { train: t, world } = config.stages;
  assert.ok(t.kind === "train" && world.kind === "documents");
  assert.deepEqual(t.optimizer, {
    kind: "sgd",
    lr: 0.01,
    momentum: 0,
    weight_decay: 0.1,
    decay: "matrices",
  });
  assert.deepEqual(t.schedule, { kind: "cosine", warmup: 3, final: 0.1 });
  assert.equal(t.steps, 2);
  assert.deepEqual(config.models.m.attributes, { dropout: 0.25 });
  assert.deepEqual(world.read, [{ path: "/project/data/x.txt" }]);
  assert.equal(config.name, "quoted");
});

Deno.test("models take over what they extend; with another block only the dims", () => {
  const { config, positions } = resolve({
    "/project/p.yaml": `version: 1
name: p
models:
  c: {extends: b, dims: {mlp: 9}, with: {ffn: {top_k: 2}}}
  a: {use: decoder, dims: {embed: 4, mlp: 8}, dropout: 0.5, with: {ffn: moe, norm: rms_norm}}
  b: {extends: a, dims: {embed: 5}, with: {ffn: {use: moe}}}
  d: {extends: a, use: gpt2}
  e: {extends: a, from: folder}
stages: {}
`,
  });
  const moe = { use: "moe", attributes: {} };
  assert.deepEqual(config.models.c, {
    use: "decoder",
    dims: { embed: 5, mlp: 9 },
    with: {
      ffn: { use: "moe", attributes: { top_k: 2 } },
      norm: { use: "rms_norm", attributes: {} },
    },
    attributes: { dropout: 0.5 },
  });
  assert.deepEqual(config.models.b.with, { ffn: moe, norm: { use: "rms_norm", attributes: {} } });
  assert.deepEqual(config.models.d, { use: "gpt2", dims: { embed: 4, mlp: 8 }, attributes: {} });
  assert.deepEqual(config.models.e, {
    from: "/project/folder",
    dims: { embed: 4, mlp: 8 },
    attributes: {},
  });
  assert.equal(positions(["models", "c", "dims", "embed"]), "p.yaml:6:33");
});

const good = new URL("./good/", import.meta.url).pathname;
const texts = Object.fromEntries(
  [
    "every_key.yaml",
    "child.yaml",
    "shortest.yaml",
    "parents/mother.yaml",
    "parents/grandmother.yaml",
  ]
    .map((name) => [`/good/${name}`, Deno.readTextFileSync(good + name)]),
);

for (const name of ["every_key.yaml", "child.yaml", "shortest.yaml"]) {
  Deno.test(`toYaml() of ${name} stands alone and resolves to the same pipeline`, () => {
    const files = memoryFiles(texts);
    const readText = (path: string) => files.readText(path);
    const first = resolvePipeline(name, { cwd: "/good", readText });
    const text = first.toYaml("runs/x");
    assert.equal(parse(text).extends, undefined);
    const again = resolvePipeline("/good/runs/x/resolved.yaml", {
      cwd: "/elsewhere",
      readText: (path) => path === "/good/runs/x/resolved.yaml" ? text : readText(path),
    });
    assert.deepEqual(again.config, first.config);
    assert.deepEqual(again.files, ["/good/runs/x/resolved.yaml"]);
    assert.equal(again.toYaml("/good/runs/x"), text);
    // In another folder the same text means other files.
    const moved = resolvePipeline("/moved/to/x/resolved.yaml", { cwd: "/", readText: () => text });
    const { corpus } = moved.config.stages;
    if (corpus?.kind === "documents") {
      assert.match(corpus.read?.[0].path ?? "", /^\/moved\/data\//);
    }
  });
}

Deno.test("toYaml() keeps text that looks like something else", () => {
  const strings = [
    "yes",
    "10_000",
    "0b11",
    "1e5",
    "true",
    "null",
    "",
    " x ",
    "a: b",
    "# c",
    "*x",
    "0777",
    "line\nline\n",
    "x".repeat(300),
    "- a",
    "@x",
    "%y",
    "tab\t",
    "😀",
    "é",
    "\u0085",
    "\u2028",
  ];
  const quoted = JSON.stringify(strings);
  const { config, toYaml } = resolve({
    "/project/p.yaml": `version: 1
name: p
stages: {e: {kind: eval, models: a, generate: {prompts: ${quoted}}}}
`,
  });
  const text = toYaml("/project");
  assert.deepEqual(resolve({ "/project/p.yaml": text }).config, config);
  const { e } = config.stages;
  assert.ok(e.kind === "eval");
  assert.deepEqual(e.generate?.prompts, strings);
});

Deno.test("resolvePipeline() throws everything that is wrong at once", () => {
  assert.equal(
    refusal({
      "/project/p.yaml": train.replace("steps: 10", "stpes: yes").replace("seq: 8", "seq: 0"),
    }, [
      "seed=-1",
    ]),
    [
      "p.yaml:7:72: stages.tokens.seq is 0, expected an integer of 1 or more",
      'p.yaml:8:58: unknown key "stpes" in stages.train, did you mean "steps"?',
      'p.yaml:8:65: "yes" is text in YAML 1.2, expected true or false, or quotes',
      "--set seed: seed is -1, expected an integer from 0 to 4294967295",
    ].join("\n"),
  );
});

Deno.test("resolvePipeline() stops at a long chain of files", () => {
  const files = memoryFiles({});
  const chain: FileSystem = {
    ...files,
    readText: (path) => `extends: ${path.replace(/^.*\//, "")}x\n`,
  };
  assert.throws(() => resolve({}, [], chain), {
    name: "PipelineError",
    message: /: too many files extend each other, expected at most 32$/,
  });
});
