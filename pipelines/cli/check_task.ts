/** `check`: everything that is wrong with a pipeline, without any work. */

import { openPipeline } from "../compile/open_pipeline.ts";
import { formatProblems, frame, maxProblems, type Problem } from "../schema/problem.ts";
import { type Command, fileOf } from "./command.ts";
import { printable } from "./terminal.ts";

/** Prints problems as `file:line:column: message`, or as JSON: `{errors: [...]}`. */
export const checkTask: Command = {
  usage: "deno task check FILE [--set PATH=VALUE]... [--json]",
  flags: { set: "values", json: "switch" },
  async run(call) {
    const { flags, cwd, print } = call;
    const file = fileOf(call);
    const { problems, pipeline, texts } = await openPipeline(file, {
      cwd,
      set: flags.values("set"),
    });
    if (flags.has("json")) print(JSON.stringify({ errors: problems }, null, 2) + "\n");
    else if (problems.length > 0) {
      const text = Deno.stdout.isTerminal()
        ? withFrames(problems, texts)
        : formatProblems(problems);
      print(printable(text) + "\n");
    } else print(`${file}: ${pipeline!.stages.length} stages, no problems\n`);
    return problems.length > 0 ? 1 : 0;
  },
};

/** Problems for a person at a terminal: each with the lines around it. */
function withFrames(problems: readonly Problem[], texts: ReadonlyMap<string, string>): string {
  return formatProblems(problems).split("\n").map((line, index) => {
    const problem = problems[index];
    const lines = index < maxProblems ? frame(problem, texts.get(problem.file) ?? "") : "";
    return lines === "" ? line : `${line}\n${lines}\n`;
  }).join("\n");
}
