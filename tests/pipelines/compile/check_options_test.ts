import assert from "node:assert/strict";
import { type RunOptions, runPipeline } from "../../../mod.ts";
import { checkOptions } from "../../../pipelines/compile/check_options.ts";

Deno.test("checkOptions() takes every option there is", () => {
  const options: Required<RunOptions> = {
    out: "out",
    cwd: ".",
    until: "a",
    fresh: true,
    locked: false,
    profile: true,
    engine: "wasm",
    threads: 2,
    set: ["a=1"],
    signal: new AbortController().signal,
    log: () => {},
    progress: () => {},
  };
  checkOptions(options);
  checkOptions({ engine: undefined });
});

const wrong: readonly [object, string][] = [
  [{ engine: "cuda" }, 'engine "cuda": expected one of auto, webgpu, wasm, reference'],
  [{ threads: 0.5 }, "threads 0.5: expected a whole number of 1 or more"],
  [{ threads: "2" }, 'threads "2": expected a whole number of 1 or more'],
  [{ set: "a=1" }, 'set "a=1": expected a list of texts path=value'],
  [{ fresh: 1 }, "fresh 1: expected true or false"],
  [{ out: null }, "out null: expected a text"],
  [{ untill: "a" }, "option untill: there is no such option, did you mean until?"],
];
for (const [options, message] of wrong) {
  Deno.test(`runPipeline() refuses ${JSON.stringify(options)}`, async () => {
    const stages = { world: { kind: "documents", generate: "small_world", count: 1 } };
    await assert.rejects(
      runPipeline({ version: 1, name: "x", stages }, options),
      { name: "Error", message: `Cannot run with ${message}` },
    );
  });
}
