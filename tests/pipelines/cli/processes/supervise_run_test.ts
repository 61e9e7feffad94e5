import assert from "node:assert/strict";
import { type RunOutcome, superviseRun } from "../../../../pipelines/cli/supervise_run.ts";
import { silent } from "../../../../pipelines/cli/terminal.ts";
import { fakePlan } from "../../compile/_fake_run.ts";

// Deno 2.9.6 now and then never starts a Worker, most often beside the tests of other files: these
// run alone, and a Worker that did not start is made anew.
const ATTEMPTS = 3;

/** Watches a Worker that says it is ready, begins, and then does `then`. */
async function supervise(then: string, deadline: number): Promise<[RunOutcome, number]> {
  const source = `
    onmessage = () => {
      postMessage({ type: "log", line: "model: runs" });
      ${then}
    };
    postMessage({ type: "ready" });
  `;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  let ready = 0;
  const attempt = () =>
    superviseRun(fakePlan("out", []), {
      terminal: silent,
      createWorker: () => new Worker(url, { type: "module" }),
      onReady: () => ready++,
      signal: new AbortController().signal,
      deadline,
    });
  let outcome = await attempt();
  for (let made = 1; ready === 0 && made < ATTEMPTS; made++) outcome = await attempt();
  URL.revokeObjectURL(url);
  return [outcome, ready];
}

Deno.test("superviseRun() ends with an error when the Worker gives no sign of life", async () => {
  const [outcome, ready] = await supervise("", 2000);
  assert.equal(ready, 1);
  assert.equal(outcome.type, "failed");
  assert.match(
    outcome.type === "failed" ? outcome.message : "",
    /^Cannot go on: no sign of life from the run for \d\.\d s, the last was: model: runs$/,
  );
});

const WAIT = `postMessage({ type: "wait", wait: { what: "step 3 on device 0", limitMs: 900 } });`;

Deno.test("superviseRun() ends with an error when a wait takes longer than it may", async () => {
  // Signs of life come all the same.
  const [outcome] = await supervise(
    `${WAIT} setInterval(() => postMessage({ type: "alive" }), 10);`,
    4000,
  );
  assert.deepEqual(outcome, {
    type: "failed",
    message: "Cannot go on: gave up after waiting 1.0 s for step 3 on device 0",
  });
});

Deno.test("superviseRun() goes on after waits, each with its own limit", async () => {
  const end = `postMessage({ type: "wait" }); postMessage({ type: "failed", message: "no disk" });`;
  const again = `${WAIT} setTimeout(() => { ${end} }, 600);`;
  const [outcome] = await supervise(
    `${WAIT} setTimeout(() => { postMessage({ type: "wait" }); ${again} }, 600);`,
    600,
  );
  assert.deepEqual(outcome, { type: "failed", message: "no disk" });
});

Deno.test("superviseRun() ends with an error when the Worker throws", async () => {
  const [outcome] = await supervise('throw new Error("out of luck");', 60_000);
  assert.deepEqual(outcome, {
    type: "failed",
    message: "Cannot go on: the run's Worker failed (Uncaught Error: out of luck), " +
      "after: model: runs",
  });
});

Deno.test("superviseRun() gives the outcome that the Worker tells", async () => {
  const [outcome] = await supervise('postMessage({ type: "failed", message: "no disk" });', 60_000);
  assert.deepEqual(outcome, { type: "failed", message: "no disk" });
});
