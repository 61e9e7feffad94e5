/** `run`: carries out a pipeline. */

import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type AdapterFinder,
  type AdapterNamed,
  describeEngine,
  engineRequests,
} from "../compile/choose_engine.ts";
import { openPipeline } from "../compile/open_pipeline.ts";
import { planRun } from "../compile/plan_run.ts";
import { isCheckout, projectRoot } from "../compile/project_root.ts";
import type { RunPlan } from "../compile/run_plan.ts";
import { PipelineError } from "../schema/problem.ts";
import { type Call, type Command, fileOf } from "./command.ts";
import { askWebgpu } from "./doctor/ask_webgpu.ts";
import { choiceOf, countOf } from "./flags.ts";
import { prepareExit } from "./prepare_exit.ts";
import { quietDrivers } from "./quiet_drivers.ts";
import { quoteWord } from "./quote_word.ts";
import { runRights } from "./run_rights.ts";
import { superviseRun } from "./supervise_run.ts";
import { createTerminal, printable, silent, standardOutput, type Terminal } from "./terminal.ts";

/** Exit status of a run that was interrupted and can be resumed. */
const INTERRUPTED = 130;
/** Milliseconds after which a person is told that drivers have not answered yet. */
const PATIENCE = 2_000;

/** Runs the stages that are not finished, and prints what happens; with `--json`, the report. */
export const runTask: Command = {
  usage: "deno task run FILE [--set PATH=VALUE]... [--out DIR] [--threads N] [--until STAGE]\n" +
    "         [--engine auto|webgpu|wasm|reference] [--fresh] [--locked] [--profile]\n" +
    "         [--json] [--quiet]",
  flags: {
    set: "values",
    out: "value",
    engine: "value",
    threads: "value",
    until: "value",
    fresh: "switch",
    locked: "switch",
    profile: "switch",
    json: "switch",
    quiet: "switch",
  },
  async run(call) {
    const { flags, cwd, print, errors } = call;
    const file = fileOf(call);
    const [out, until, threads] = [
      flags.value("out"),
      flags.value("until"),
      countOf(flags, "threads"),
    ];
    const engine = choiceOf(flags, "engine", engineRequests);
    const { pipeline, problems } = await openPipeline(file, { cwd, set: flags.values("set") });
    if (pipeline === undefined) throw new PipelineError(problems);
    quietDrivers();
    const json = flags.has("json");
    const terminal = flags.has("quiet")
      ? silent
      : createTerminal(standardOutput(json ? "stderr" : "stdout"));
    const plan = await planRun(
      pipeline,
      {
        ...(out === undefined ? {} : { out }),
        ...(until === undefined ? {} : { until }),
        ...(threads === undefined ? {} : { threads }),
        ...(engine === undefined ? {} : { engine }),
        fresh: flags.has("fresh"),
        locked: flags.has("locked"),
        profile: flags.has("profile"),
      },
      cwd,
      adapterFinder(terminal),
    );
    terminal.log(`${plan.name}: seed ${plan.seed}, ${plan.out}`);
    terminal.log(describeEngine(plan.engine, plan.threads));
    const outcome = await superviseRun(plan, {
      terminal,
      createWorker: () => createWorker(plan),
      onReady: revokeRights,
      signal: interruptSignal(),
    });
    switch (outcome.type) {
      case "done":
        if (json) print(JSON.stringify(outcome.report, null, 2) + "\n");
        else terminal.log(`report: ${plan.out}/report.html`);
        return 0;
      case "interrupted":
        errors.log(`interrupted; resume with: ${resumeCommand(call)}`);
        return INTERRUPTED;
      case "failed":
        if (json) print(JSON.stringify({ errors: [{ message: outcome.message }] }, null, 2) + "\n");
        errors.log(`error: ${printable(outcome.message)}`);
        return 1;
    }
  },
};

/** Drivers are asked by a Worker, with a deadline: one that hangs must not stop the run. */
function adapterFinder(terminal: Terminal): AdapterFinder {
  return async () => {
    const notice = "waiting for the graphics drivers; --engine wasm does without them";
    const timer = setTimeout(() => terminal.log(notice), PATIENCE);
    const found = await askWebgpu<AdapterNamed>("adapter");
    clearTimeout(timer);
    return found;
  };
}

function createWorker(plan: RunPlan): Worker {
  return new Worker(new URL("./run_worker.ts", import.meta.url), {
    type: "module",
    name: "run",
    deno: { permissions: runRights(plan) },
  });
}

/** The main thread's part is over but for watching. */
function revokeRights(): void {
  for (const name of ["read", "write", "env", "net", "ffi"] as const) {
    Deno.permissions.revokeSync({ name });
  }
}

/** Aborted by the first Ctrl-C (or SIGTERM); the second one ends the process on the spot. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const exit = prepareExit();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => {
      if (controller.signal.aborted) exit(INTERRUPTED);
      controller.abort();
    });
  }
  return controller.signal;
}

/**
 * The command that resumes the one that was given: the same without --fresh, which would start
 * anew. Outside a checkout the caller's tasks are not known, so it names the checkout. Who uses the
 * package has a task of its own.
 */
export function resumeCommand({ args, cwd }: Pick<Call, "args" | "cwd">): string {
  const start = ["deno", "task"];
  if (isCheckout) {
    const root = resolve(fileURLToPath(projectRoot));
    if (relative(root, cwd).startsWith("..")) start.push("--cwd", quoteWord(root));
  }
  start.push("run");
  return [...start, ...args.filter((word) => word !== "--fresh").map(quoteWord)].join(" ");
}
