/** The main thread's part of a run: it starts the Worker, gives up its own rights, and watches. */

import type { Wait } from "../../runtime/device.ts";
import { duration } from "../compile/progress_line.ts";
import type { RunPlan } from "../compile/run_plan.ts";
import type { RunReport } from "../compile/run_report.ts";
import type { FromRun, ToRun } from "./run_messages.ts";
import type { Terminal } from "./terminal.ts";

/** How a run ended. */
export type RunOutcome =
  | { readonly type: "done"; readonly report: RunReport }
  | { readonly type: "interrupted" }
  | { readonly type: "failed"; readonly message: string };

/** How a run is watched. */
export interface Supervision {
  readonly terminal: Terminal;
  /** Makes the Worker of the run. */
  readonly createWorker: () => Worker;
  /** Called once the Worker has loaded: whatever rights it does not need any more may go. */
  readonly onReady: () => void;
  /** Aborted when the user wants the run to stop. */
  readonly signal: AbortSignal;
  /** Milliseconds without a sign of life after which the Worker is taken for dead. */
  readonly deadline?: number;
}

/** A stage may compute this long without a pause (training a tokenizer on a large corpus does). */
const DEADLINE = 15 * 60_000;
/** A Worker is given at least this long to load: on a busy machine that takes a while. */
const LOADING = 60_000;

/** Runs a plan in a Worker. Never throws: what goes wrong is an outcome. */
export function superviseRun(plan: RunPlan, supervision: Supervision): Promise<RunOutcome> {
  const { terminal, createWorker, onReady, signal, deadline = DEADLINE } = supervision;
  return new Promise((resolve) => {
    const worker = createWorker();
    const interrupt = new SharedArrayBuffer(4);
    const send = (message: ToRun) => worker.postMessage(message);
    const interval = Math.min(1000, deadline / 4);
    let loaded = false;
    let silence = 0;
    let last = "it started";
    /** What the Worker waits for, deaf to everything else. */
    let wait: Wait | undefined;
    let waited = 0;
    const end = (outcome: RunOutcome) => {
      clearInterval(watch);
      worker.terminate();
      resolve(outcome);
    };
    // Counted in ticks: a process that was suspended wakes without having missed any.
    const watch = setInterval(() => {
      silence += interval;
      waited += interval;
      if (wait !== undefined) {
        if (waited < wait.limitMs) return;
        const message = `Cannot go on: gave up after waiting ${duration(waited / 1000)} for ` +
          wait.what;
        return end({ type: "failed", message });
      }
      if (silence < (loaded ? deadline : Math.max(deadline, LOADING))) return;
      const message = `Cannot go on: no sign of life from the run for ${duration(silence / 1000)}` +
        `, the last was: ${last}`;
      end({ type: "failed", message });
    }, interval);
    signal.addEventListener("abort", () => {
      Atomics.store(new Int32Array(interrupt), 0, 1);
      send({ type: "interrupt" });
    });
    worker.onmessage = ({ data }: MessageEvent<FromRun>) => {
      silence = 0;
      switch (data.type) {
        case "ready":
          loaded = true;
          onReady();
          send({ type: "start", plan, interrupt });
          break;
        case "alive":
          break;
        case "wait":
          wait = data.wait;
          waited = 0;
          break;
        case "log":
        case "progress":
          last = data.line;
          terminal[data.type](data.line);
          break;
        default:
          end(data);
      }
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const message = `Cannot go on: the run's Worker failed (${event.message}), after: ${last}`;
      end({ type: "failed", message });
    };
  });
}
