/** `plan`: what a pipeline will do and cost, without doing any of it. */

import { formatType } from "../../graph/ir/tensor.ts";
import { openPipeline } from "../compile/open_pipeline.ts";
import type { TrainingPlan } from "../compile/plan_trainings.ts";
import { PipelineError } from "../schema/problem.ts";
import { type Command, fileOf } from "./command.ts";

/** Prints stages, and for each train stage dims, parameters, memory and launches. */
export const planTask: Command = {
  usage: "deno task plan FILE [--set PATH=VALUE]... [--json]",
  flags: { set: "values", json: "switch" },
  async run(call) {
    const { flags, cwd, print } = call;
    const { pipeline, problems } = await openPipeline(fileOf(call), {
      cwd,
      set: flags.values("set"),
    });
    if (pipeline === undefined) throw new PipelineError(problems);
    const { planTrainings } = await import("../compile/plan_trainings.ts");
    const trainings = planTrainings(pipeline);
    const { name, seed } = pipeline.config;
    const stages = pipeline.stages.map(({ id, kind, inputs }) => ({ id, kind, inputs }));
    if (flags.has("json")) {
      const plain = trainings.map(({ parameters, ...rest }) => ({
        ...rest,
        parameters: parameters.map(({ name, type, elements }) => (
          { name, type: formatType(type), elements }
        )),
      }));
      print(JSON.stringify({ name, seed, stages, trainings: plain }, null, 2) + "\n");
      return 0;
    }
    const width = Math.max(...stages.map(({ id }) => id.length));
    print(`${name}: seed ${seed}, ${stages.length} stages\n`);
    for (const { id, kind, inputs } of stages) {
      print(
        `  ${id.padEnd(width)}  ${kind}${inputs.length > 0 ? ` of ${inputs.join(", ")}` : ""}\n`,
      );
    }
    for (const training of trainings) print("\n" + describeTraining(training));
    return 0;
  },
};

function describeTraining(training: TrainingPlan): string {
  const { stage, name, dims, vocab_known, params, memory, launches } = training;
  const sizes = Object.entries(dims).map(([dim, size]) =>
    dim === "vocab" && !vocab_known ? "vocab=?" : `${dim}=${size}`
  );
  const rows: [string, string][] = [
    ["dims", sizes.join(" ")],
    ["parameters", `${count(params)} in ${training.parameters.length} tensors`],
    [
      "training",
      `${training.steps} steps of ${count(training.tokens_per_step)} tokens, ` +
      `${count(training.flops_per_token)} flops per token`,
    ],
    [
      "memory",
      `${bytes(memory.total)}: parameters ${bytes(memory.parameters)}, ` +
      `gradients ${bytes(memory.gradients)}, optimizer ${bytes(memory.optimizer)}, ` +
      `activations ${bytes(memory.activations)}`,
    ],
    ["launches", Object.entries(launches).map(([name, n]) => `${name} ${n}`).join(", ")],
  ];
  if (!vocab_known) {
    rows.push([
      "unknown",
      "vocab comes from the tokenizer, which is not there yet: numbers that " +
      `depend on it are for vocab=${dims.vocab}; --set models.${name}.dims.vocab=N gives others`,
    ]);
  }
  for (const [name, { type, elements, times }] of alike(training)) {
    const each = times === 1 ? "" : `, ${times} times`;
    rows.push([`  ${name}`, `${formatType(type)}  ${count(elements)}${each}`]);
  }
  const width = Math.max(...rows.map(([head]) => head.length));
  return `${stage}: model ${name}\n` +
    rows.map(([head, text]) => `  ${head.padEnd(width)}  ${text}\n`).join("");
}

/** Parameters by name, those that differ by the numbers in their names and in nothing else as one. */
function alike({ parameters }: TrainingPlan) {
  const groups = new Map<string, TrainingPlan["parameters"][number] & { times: number }>();
  for (const parameter of parameters) {
    const name = parameter.name.replace(/(?<=\.)\d+(?=\.)/g, "*");
    const known = groups.get(name);
    if (known === undefined) groups.set(name, { ...parameter, times: 1 });
    else if (formatType(known.type) === formatType(parameter.type)) known.times++;
    else groups.set(parameter.name, { ...parameter, times: 1 });
  }
  return groups;
}

/** Large numbers with a letter and three digits behind the point, smaller ones in full. */
function count(value: number): string {
  const units: [number, string][] = [[1e12, "T"], [1e9, "B"], [1e6, "M"]];
  for (const [size, letter] of units) {
    if (value >= size) return `${(value / size).toFixed(3)}${letter}`;
  }
  return Math.round(value).toLocaleString("en-US");
}

function bytes(value: number): string {
  const units: [number, string][] = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]];
  for (const [size, unit] of units) {
    if (value >= size) return `${(value / size).toFixed(2)} ${unit}`;
  }
  return `${value} B`;
}
