import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { call, ended, ROOT, spawn, withPipeline } from "./_sluice.ts";

Deno.test("check prints places, and nothing else with --json", () =>
  withPipeline(async (dir) => {
    const right = await call(dir, "check", "data.yaml");
    assert.deepEqual([right.code, right.out], [0, "data.yaml: 4 stages, no problems\n"]);
    const json = await call(dir, "check", "data.yaml", "--json");
    assert.deepEqual([json.code, JSON.parse(json.out)], [0, { errors: [] }]);
    const set = ["--set", "stages.clean.from=corpsu"];
    const wrong = await call(dir, "check", "data.yaml", ...set);
    assert.equal(wrong.code, 1);
    assert.match(wrong.out, /^--set stages\.clean\.from: .*did you mean "corpus"\?\n$/);
    const { errors } = JSON.parse((await call(dir, "check", "data.yaml", ...set, "--json")).out);
    assert.deepEqual(
      errors.map(({ file, suggestion }: Record<string, unknown>) => [file, suggestion]),
      [
        ["--set stages.clean.from", "corpus"],
      ],
    );
  }));

Deno.test("graph prints Mermaid text or an SVG", () =>
  withPipeline(async (dir) => {
    const text = await call(dir, "graph", "data.yaml");
    assert.match(text.out, /^flowchart TD\n {2}s0\["corpus<br\/>/);
    assert.match(
      (await call(dir, "graph", "data.yaml", "--format", "svg")).out,
      /^<svg [^]*<\/svg>\n$/,
    );
    assert.equal((await call(dir, "graph", "data.yaml", "--format", "png")).code, 1);
  }));

Deno.test("plan counts 8.03 billion parameters for the dims of Llama 3 8B", async () => {
  const { code, out, err } = await call(ROOT, "plan", "pipelines/llama3_8b.yaml", "--json");
  assert.equal(code, 0, err);
  const [{ params, memory, launches, vocab_known }] = JSON.parse(out).trainings;
  assert.equal(params, 8_030_261_248);
  assert.equal(memory.parameters, 4 * params);
  assert.equal(memory.optimizer, 8 * params);
  assert.ok(launches.step > 500 && vocab_known);
});

Deno.test("tasks work from a project that has nothing but a task of its own", () =>
  withPipeline(async (dir) => {
    const project = { tasks: { train: `deno task --cwd ${relative(dir, ROOT)} run` } };
    await Deno.writeTextFile(join(dir, "deno.json"), JSON.stringify(project));
    await Deno.mkdir(join(dir, "deep"));
    const args = ["task", "train", "../data.yaml", "--out", "here", "--until", "corpus", "--json"];
    const { code, out, err } = await ended(spawn(join(dir, "deep"), args));
    assert.equal(code, 0, err);
    assert.equal(JSON.parse(out).stages.corpus.metrics.documents, 60);
    const names = [...Deno.readDirSync(join(dir, "deep", "here"))].map(({ name }) => name);
    assert.ok(names.includes("corpus") && names.includes("resolved.yaml"));
  }));

Deno.test("a program that imports mod.ts by path builds and runs a pipeline", () =>
  withPipeline(async (dir) => {
    const links = JSON.stringify({ links: [relative(dir, ROOT)] });
    await Deno.writeTextFile(join(dir, "deno.json"), links);
    const program = `
      import { PipelineError, runPipeline } from "${relative(dir, ROOT)}/mod.ts";
      const lengths = [5, 19];
      const stages: Record<string, unknown> = { corpus: { kind: "documents", read: "text.txt" } };
      for (const min of lengths) {
        stages["at_least_" + min] = { kind: "filter", from: "corpus", rules: [{ length: { min } }] };
      }
      const report = await runPipeline({ version: 1, name: "built", stages });
      console.log(lengths.map((min) => report.stages["at_least_" + min].metrics.kept));
      try {
        await runPipeline({ version: 1, name: "built", stagse: {} });
      } catch (error) {
        console.log(error instanceof PipelineError && error.message);
      }
    `;
    await Deno.writeTextFile(join(dir, "program.ts"), program);
    const { code, out, err } = await ended(spawn(dir, ["run", "-R", "-W", "-E", "program.ts"]));
    assert.equal(code, 0, err);
    const [kept, message] = out.split("\n");
    assert.equal(kept, "[ 60, 40 ]");
    assert.match(message, /unknown key "stagse".*did you mean "stages"\?$/);
  }));
