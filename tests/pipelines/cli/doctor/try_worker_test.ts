import assert from "node:assert/strict";
import { tryWorker } from "../../../../pipelines/cli/doctor/try_worker.ts";

Deno.test("tryWorker() finds no problem here, and one with a Worker that shares nothing", async () => {
  assert.equal(await tryWorker(), undefined);
  const shares = new URL("data:text/javascript,onmessage = () => postMessage('done')");
  assert.equal(await tryWorker(shares), "Workers do not share memory");
});
