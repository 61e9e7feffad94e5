import assert from "node:assert/strict";
import { describeMachine } from "../../../../pipelines/cli/doctor/describe_machine.ts";
import { call, ended, ROOT, spawn, taskArgs, withPipeline } from "./_sluice.ts";

Deno.test("doctor prints the same facts in words and as JSON, and nothing else", async () => {
  const [words, json] = [await call(ROOT, "doctor"), await call(ROOT, "doctor", "--json")];
  for (const { code, err } of [words, json]) assert.deepEqual([code, err], [0, ""]);
  const { problems, advice, ...facts } = JSON.parse(json.out);
  assert.deepEqual(problems, []);
  assert.equal(words.out, describeMachine(facts));
  for (const note of advice) assert.ok(words.out.includes(`\n- ${note}\n`));
  assert.equal(facts.cpu.threads, navigator.hardwareConcurrency);
  assert.ok(facts.memory > 2 ** 28);
});

Deno.test({
  name: "doctor and run say what is missing where there is no driver",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withPipeline(async (dir) => {
      const bare = { VK_DRIVER_FILES: "/nonexistent", DENO_WEBGPU_BACKEND: "vulkan" };
      const { code, out, err } = await ended(spawn(dir, taskArgs("doctor", ["--json"]), bare));
      assert.deepEqual([code, err], [0, ""]);
      const { webgpu, engine, advice } = JSON.parse(out);
      assert.deepEqual(webgpu, { missing: "no WebGPU adapter was found" });
      assert.deepEqual(engine, { engine: "wasm", reason: "auto: no WebGPU adapter was found" });
      assert.equal(advice.length, 1);
      const run = taskArgs("run", ["data.yaml", "--engine", "webgpu"]);
      assert.deepEqual(await ended(spawn(dir, run, bare)), {
        code: 1,
        out: "",
        err: "error: Cannot use engine webgpu: no WebGPU adapter was found; " +
          "deno task doctor tells what there should be\n",
      });
    }),
});

Deno.test("doctor takes no words", async () => {
  const { code, err } = await call(ROOT, "doctor", "here");
  assert.equal(code, 1);
  assert.match(err, /^error: Cannot examine here: doctor looks at this machine alone\nusage: /);
});
