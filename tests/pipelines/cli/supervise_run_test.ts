import assert from "node:assert/strict";
import { superviseRun } from "../../../pipelines/cli/supervise_run.ts";
import { silent } from "../../../pipelines/cli/terminal.ts";
import { fakePlan } from "../compile/_fake_run.ts";

function supervise(name: string, deadline: number) {
  let ready = 0;
  const outcome = superviseRun(fakePlan("out", []), {
    terminal: silent,
    createWorker: () =>
      new Worker(new URL("./_silent_worker.ts", import.meta.url), { type: "module", name }),
    onReady: () => ready++,
    signal: new AbortController().signal,
    deadline,
  });
  return { outcome, ready: () => ready };
}

Deno.test("superviseRun() ends with an error when the Worker gives no sign of life", async () => {
  const { outcome, ready } = supervise("silent", 2000);
  const result = await outcome;
  assert.equal(result.type, "failed");
  assert.match(
    result.type === "failed" ? result.message : "",
    /^Cannot go on: no sign of life from the run for \d\.\d s, the last was: model: runs$/,
  );
  assert.equal(ready(), 1);
});

Deno.test("superviseRun() ends with an error when the Worker throws", async () => {
  const { outcome } = supervise("throw", 60_000);
  assert.deepEqual(await outcome, {
    type: "failed",
    message: "Cannot go on: the run's Worker failed (Uncaught Error: out of luck), " +
      "after: model: runs",
  });
});
