import assert from "node:assert/strict";
import { checkPipeline } from "../../../pipelines/schema/check_pipeline.ts";
import { formatProblems, PipelineError, problemAt } from "../../../pipelines/schema/problem.ts";
import { memoryFiles } from "./_memory_files.ts";

const good = new URL("./good/", import.meta.url).pathname;

/** What is said about a file of the given bytes, on the disk. */
function refusal(bytes: Uint8Array): string {
  const cwd = Deno.makeTempDirSync();
  try {
    Deno.writeFileSync(`${cwd}/p.yaml`, bytes);
    const { pipeline, problems } = checkPipeline("p.yaml", { cwd });
    assert.equal(pipeline, undefined);
    return formatProblems(problems);
  } finally {
    Deno.removeSync(cwd, { recursive: true });
  }
}

for (const name of ["every_key.yaml", "child.yaml", "shortest.yaml"]) {
  Deno.test(`checkPipeline() accepts ${name}`, () => {
    const { pipeline, problems } = checkPipeline(name, { cwd: good });
    assert.equal(formatProblems(problems), "");
    assert.ok(pipeline);
  });
}

Deno.test("checkPipeline() refuses a file of 10 MB without reading it all", () => {
  const bytes = new Uint8Array(10_000_000).fill(0x78);
  assert.equal(refusal(bytes), "p.yaml:1:1: the file is too large, expected at most 256 KiB");
});

Deno.test("checkPipeline() refuses a file that is no text", () => {
  assert.equal(
    refusal(new Uint8Array([0x61, 0xff, 0xfe, 0x0a])),
    "p.yaml:1:1: cannot read p.yaml: it is not UTF-8 text",
  );
});

Deno.test("checkPipeline() refuses a file that is not there, and a folder", () => {
  assert.equal(
    formatProblems(checkPipeline("nowhere.yaml", { cwd: good }).problems),
    "nowhere.yaml:1:1: cannot read nowhere.yaml: there is no such file",
  );
  assert.equal(
    formatProblems(checkPipeline("parents", { cwd: good }).problems),
    "parents:1:1: cannot read parents: it is a folder",
  );
});

Deno.test("checkPipeline() does not change what all objects have", () => {
  const fs = memoryFiles({ "/p.yaml": "__proto__: {polluted: 1}\nconstructor: {a: 1}\nname: p\n" });
  checkPipeline("p.yaml", { cwd: "/", fs });
  checkPipeline("p.yaml", { cwd: "/", fs, set: ["__proto__.polluted=1", "models.__proto__.x=1"] });
  assert.equal(Object.hasOwn(Object.prototype, "polluted"), false);
});

const text = `version: 1
name: p
models:
  m: {use: decoder}
  n: {extends: m}
stages:
  s: {kind: documents, generate: small_world, count: 1}
`;

Deno.test("checkPipeline() lets models be compiled and lists what is wrong with them", () => {
  const asked: string[] = [];
  const { pipeline, problems } = checkPipeline("p.yaml", {
    cwd: "/",
    fs: memoryFiles({ "/p.yaml": text }),
    checkModel: (resolved, _, model) => {
      asked.push(model);
      const place = resolved.place(["models", model, "use"]);
      const problem = problemAt(place, "shape", `embed is 3 in ${model}`);
      if (model === "n") throw new PipelineError([problem]);
      return [problem];
    },
  });
  assert.equal(pipeline, undefined);
  assert.deepEqual(asked, ["m", "n"]);
  // Both models have the node from the same line.
  assert.equal(formatProblems(problems), "p.yaml:4:12: embed is 3 in m");
});

Deno.test("checkPipeline() lets errors of the project itself through", () => {
  assert.throws(() =>
    checkPipeline("p.yaml", {
      cwd: "/",
      fs: memoryFiles({ "/p.yaml": text }),
      checkModel: () => {
        throw new TypeError("a defect");
      },
    }), { name: "TypeError", message: "a defect" });
});
