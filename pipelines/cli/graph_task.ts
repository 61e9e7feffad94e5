/** `graph`: the stages of a pipeline as a picture. */

import { openPipeline } from "../compile/open_pipeline.ts";
import { dagMermaid, dagSvg } from "../report/draw_dag.ts";
import { PipelineError } from "../schema/problem.ts";
import { type Command, fileOf } from "./command.ts";
import { choiceOf } from "./flags.ts";

/** Prints the picture; models that are measured as a folder has them stand beside the kind. */
export const graphTask: Command = {
  usage: "deno task graph FILE [--format mermaid|svg] [--set PATH=VALUE]...",
  flags: { format: "value", set: "values" },
  async run(call) {
    const { flags, cwd, print } = call;
    const format = choiceOf(flags, "format", ["mermaid", "svg"]) ?? "mermaid";
    const { pipeline, problems } = await openPipeline(fileOf(call), {
      cwd,
      set: flags.values("set"),
    });
    if (pipeline === undefined) throw new PipelineError(problems);
    const nodes = pipeline.stages.map(({ id, kind, inputs, models }) => (
      { id, note: kind === "eval" ? [kind, ...models].join(" ") : kind, inputs }
    ));
    print(format === "svg" ? dagSvg(nodes) : dagMermaid(nodes));
    return 0;
  },
};
