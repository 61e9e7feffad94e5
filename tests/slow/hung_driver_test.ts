import assert from "node:assert/strict";
import { join } from "node:path";
import {
  ended,
  type Result,
  spawn,
  taskArgs,
  withPipeline,
} from "../pipelines/cli/processes/_sluice.ts";
import { webgpuTest } from "../webgpu_engine.ts";

const SAID = "WebGPU failed: there was no answer within 20 s";
const model = `models:
  m: {use: decoder, dims: {layers: 1, embed: 8, heads: 1, kv_heads: 1, head_dim: 8, mlp: 8, vocab: 9}}
`;

/**
 * Calls a task where a driver's manifest is a pipe that nobody writes to: reading it never ends.
 */
async function callHung(dir: string, task: "doctor" | "run", args: string[]): Promise<Result> {
  const pipe = join(dir, "driver.json");
  const make = `const { symbols } = Deno.dlopen("libc.so.6", {
    mkfifo: { parameters: ["buffer", "u32"], result: "i32" },
  });
  Deno.exit(symbols.mkfifo(new TextEncoder().encode(Deno.args[0] + "\\0"), 0o600));`;
  await Deno.remove(pipe).catch(() => {});
  assert.equal((await ended(spawn(dir, ["eval", make, pipe]))).code, 0);
  const variables = { VK_DRIVER_FILES: pipe, DENO_WEBGPU_BACKEND: "vulkan" };
  return await ended(spawn(dir, taskArgs(task, args), variables), 240_000);
}

if (Deno.build.os === "linux") {
  webgpuTest("doctor says that a driver hangs, and ends", () =>
    withPipeline(async (dir) => {
      const { code, out, err } = await callHung(dir, "doctor", ["--json"]);
      assert.deepEqual([code, err], [0, ""]);
      const { webgpu, engine } = JSON.parse(out);
      assert.deepEqual(webgpu, { missing: SAID });
      assert.deepEqual(engine, { engine: "wasm", reason: `auto: ${SAID}` });
    }));

  webgpuTest(
    "run says that a driver hangs, does without it where it may, and ends",
    () =>
      withPipeline(async (dir) => {
        const data = await Deno.readTextFile(join(dir, "data.yaml"));
        await Deno.writeTextFile(
          join(dir, "model.yaml"),
          data.replace("stages:", `${model}stages:`),
        );
        const waits = "waiting for the graphics drivers; --engine wasm does without them\n";
        const auto = await callHung(dir, "run", ["model.yaml"]);
        assert.deepEqual([auto.code, auto.err], [0, ""]);
        assert.ok(auto.out.startsWith(`${waits}data: seed 3, `), auto.out);
        assert.match(auto.out, new RegExp(`^engine wasm, \\d+ threads? \\(auto: ${SAID}\\)$`, "m"));
        assert.deepEqual(await callHung(dir, "run", ["model.yaml", "--engine", "webgpu"]), {
          code: 1,
          out: waits,
          err: `error: Cannot use engine webgpu: ${SAID}; ` +
            "deno task doctor tells what there should be\n",
        });
      }),
  );
}
