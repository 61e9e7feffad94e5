/**
 * The Worker that carries out a run. It has the permissions that the run needs and no others, and
 * tells the main thread that it is alive.
 */

import { messageOf } from "../../runtime/system_reason.ts";
import { RunInterrupted, runStages } from "../compile/run_stages.ts";
import type { FromRun, ToRun } from "./run_messages.ts";

/** Milliseconds between signs of life. */
const BEAT = 1000;

/** The global object of a Worker. */
interface WorkerScope {
  postMessage(message: FromRun): void;
  onmessage: ((event: MessageEvent<ToRun>) => void) | null;
  addEventListener(
    type: "unhandledrejection",
    listener: (event: PromiseRejectionEvent) => void,
  ): void;
}
const scope = globalThis as unknown as WorkerScope;

/** Milliseconds in which a run ends by itself after a failure that nobody awaits. */
const GRACE = 5000;

const controller = new AbortController();
const failure = Promise.withResolvers<never>();
failure.promise.catch(() => {});

scope.onmessage = ({ data }) => {
  if (data.type === "interrupt") controller.abort(new RunInterrupted("The run was interrupted"));
  else carryOut(data);
};
// A failure that nobody awaits ends the run like any other: the run hears of it, cleans up and says
// so.
scope.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  failure.reject(event.reason);
  const fail = () => scope.postMessage({ type: "failed", message: messageOf(event.reason) });
  setTimeout(fail, GRACE);
});
scope.postMessage({ type: "ready" });

async function carryOut({ plan, interrupt }: Extract<ToRun, { type: "start" }>): Promise<void> {
  setInterval(() => scope.postMessage({ type: "alive" }), BEAT);
  const flag = new Int32Array(interrupt);
  try {
    const report = await runStages(plan, {
      log: (line) => scope.postMessage({ type: "log", line }),
      progress(line) {
        // A stage that computes without a pause hears no message, but it reports its progress.
        if (Atomics.load(flag, 0) === 1) {
          controller.abort(new RunInterrupted("The run was interrupted"));
        }
        scope.postMessage({ type: "progress", line });
      },
      // While it waits for a device, the thread is blocked: it gives no other sign of life.
      onWait: (wait) => scope.postMessage({ type: "wait", wait }),
      signal: controller.signal,
      failure: failure.promise,
    });
    scope.postMessage({ type: "done", report });
  } catch (error) {
    if (error instanceof RunInterrupted) scope.postMessage({ type: "interrupted" });
    else scope.postMessage({ type: "failed", message: messageOf(error) });
  }
}
