/**
 * The tasks `run`, `check`, `plan`, `graph` and `schema`. Each is loaded when it is asked for, so that
 * a run of finished stages starts fast.
 */

import { type Command, runCommand } from "./command.ts";

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run_task.ts")).runTask,
  check: async () => (await import("./check_task.ts")).checkTask,
  plan: async () => (await import("./plan_task.ts")).planTask,
  graph: async () => (await import("./graph_task.ts")).graphTask,
  schema: async () => (await import("./schema_task.ts")).schemaTask,
};

if (import.meta.main) {
  const [name, ...args] = Deno.args;
  Deno.exit(await runCommand(await commands[name](), args));
}
