/** What the main thread and the Worker that carries out a run tell each other. */

import type { Wait } from "../../runtime/device.ts";
import type { RunPlan } from "../compile/run_plan.ts";
import type { RunReport } from "../compile/run_report.ts";

/** To the Worker. `start` comes once, when the Worker is ready. */
export type ToRun =
  | { readonly type: "start"; readonly plan: RunPlan; readonly interrupt: SharedArrayBuffer }
  | { readonly type: "interrupt" };

/** From the Worker. */
export type FromRun =
  | { readonly type: "ready" | "alive" }
  | { readonly type: "log" | "progress"; readonly line: string }
  | { readonly type: "wait"; readonly wait: Wait | undefined }
  | { readonly type: "done"; readonly report: RunReport }
  | { readonly type: "interrupted" }
  | { readonly type: "failed"; readonly message: string };
