/** A run whose device hangs, supervised as `run` does it; prints what a person would see. */

import { superviseRun } from "../../../../pipelines/cli/supervise_run.ts";
import { silent } from "../../../../pipelines/cli/terminal.ts";
import { fakePlan } from "../../compile/_fake_run.ts";

const outcome = await superviseRun(fakePlan("out", []), {
  terminal: silent,
  createWorker: () =>
    new Worker(new URL("./_hung_worker.ts", import.meta.url), { type: "module", name: "run" }),
  onReady: () => {},
  signal: new AbortController().signal,
  deadline: 4000,
});
console.log(outcome.type === "failed" ? outcome.message : outcome.type);
Deno.exit(outcome.type === "failed" ? 1 : 0);
