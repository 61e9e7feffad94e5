/** `check`: everything that is wrong with a pipeline, without any work. */

import { openPipeline } from "../compile/open_pipeline.ts";
import { formatProblems } from "../schema/problem.ts";
import { type Command, fileOf } from "./command.ts";
import { printable } from "./terminal.ts";

/** Prints problems as `file:line:column: message`, or as JSON: `{errors: [...]}`. */
export const checkTask: Command = {
  usage: "deno task check FILE [--set PATH=VALUE]... [--json]",
  flags: { set: "values", json: "switch" },
  async run(call) {
    const { flags, cwd, print } = call;
    const file = fileOf(call);
    const { problems, pipeline } = await openPipeline(file, { cwd, set: flags.values("set") });
    if (flags.has("json")) print(JSON.stringify({ errors: problems }, null, 2) + "\n");
    else if (problems.length > 0) print(printable(formatProblems(problems)) + "\n");
    else print(`${file}: ${pipeline!.stages.length} stages, no problems\n`);
    return problems.length > 0 ? 1 : 0;
  },
};
