/**
 * The tasks `run`, `check`, `plan`, `graph`, `schema`, `doctor`, `new` and `bench`. Each is
 * loaded when it is asked for, so that a run of finished stages starts fast.
 */

import { suggest } from "../schema/suggest.ts";
import { type Command, runCommand } from "./command.ts";
import { laterTasks } from "./later.ts";
import { prepareExit } from "./prepare_exit.ts";
import { createTerminal, standardOutput } from "./terminal.ts";

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run_task.ts")).runTask,
  check: async () => (await import("./check_task.ts")).checkTask,
  plan: async () => (await import("./plan_task.ts")).planTask,
  graph: async () => (await import("./graph_task.ts")).graphTask,
  schema: async () => (await import("./schema_task.ts")).schemaTask,
  new: async () => (await import("./new_task.ts")).newTask,
  doctor: async () => (await import("./doctor_task.ts")).doctorTask,
  bench: async () => (await import("./bench_task.ts")).benchTask,
};

/** Runs a task with its arguments and returns the exit status. */
export async function main([name = "", ...args]: readonly string[]): Promise<number> {
  if (Object.hasOwn(commands, name)) return await runCommand(await commands[name](), args);
  const names = Object.keys(commands).join(", ");
  const near = suggest(name, Object.keys(commands));
  const why = Object.hasOwn(laterTasks, name)
    ? laterTasks[name]
    : `there is no such task, ${
      near === undefined ? `there are ${names}` : `did you mean ${near}?`
    }`;
  createTerminal(standardOutput("stderr")).log(`error: Cannot start ${name || "a task"}: ${why}`);
  return 1;
}

if (import.meta.main) {
  // A run gives up its rights on the way.
  const exit = prepareExit();
  exit(await main(Deno.args));
}
