/** `plan`: what a pipeline will do and cost, without doing any of it. */

import { formatType } from "../../graph/ir/tensor.ts";
import { openPipeline } from "../compile/open_pipeline.ts";
import type { MeasuredPlan } from "../compile/plan_measured.ts";
import type { TrainingPlan, UnsizedPlan } from "../compile/plan_trainings.ts";
import type { VocabSum } from "../compile/plan_unsized.ts";
import type { ModelDescription } from "../model/describe_model.ts";
import { PipelineError } from "../schema/problem.ts";
import { type Command, fileOf } from "./command.ts";
import { showBytes } from "./show_bytes.ts";

/**
 * Prints stages, for each train stage dims, parameters, memory and launches, and for each model
 * that is only measured dims and parameters.
 */
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
    const { planMeasured } = await import("../compile/plan_measured.ts");
    const trainings = await planTrainings(pipeline);
    const measured = planMeasured(pipeline);
    const { name, seed } = pipeline.config;
    const stages = pipeline.stages.map(({ id, kind, inputs, models }) => (
      { id, kind, inputs, models }
    ));
    if (flags.has("json")) {
      const plain = trainings.map((training) =>
        !training.vocab_known ? training : {
          ...training,
          parameters: plainParameters(training),
        }
      );
      const models = measured.map((each) => ({ ...each, parameters: plainParameters(each) }));
      const all = { name, seed, stages, trainings: plain, measured: models };
      print(JSON.stringify(all, null, 2) + "\n");
      return 0;
    }
    const width = Math.max(...stages.map(({ id }) => id.length));
    print(`${name}: seed ${seed}, ${stages.length} stages\n`);
    for (const { id, kind, inputs, models } of stages) {
      const read = [...models, ...inputs].join(", ");
      print(`  ${id.padEnd(width)}  ${kind}${read === "" ? "" : ` of ${read}`}\n`);
    }
    for (const training of trainings) {
      print("\n" + (training.vocab_known ? describeTraining(training) : describeUnsized(training)));
    }
    for (const model of measured) print("\n" + describeMeasured(model));
    return 0;
  },
};

function plainParameters({ parameters }: ModelDescription) {
  return parameters.map(({ name, type, elements }) => (
    { name, type: formatType(type), elements }
  ));
}

function describeMeasured(model: MeasuredPlan): string {
  const { name, dims, params, parameters, forward_flops_per_token: flops } = model;
  return table(`model ${name}`, [
    ["dims", sizesOf(dims)],
    ["parameters", `${count(params)} in ${parameters.length} tensors`],
    ["measuring", `${count(flops)} flops per token`],
    ...alike(plainParameters(model)),
  ]);
}

function describeTraining(training: TrainingPlan): string {
  const { stage, name, dims, params, memory, launches } = training;
  const rows: Row[] = [
    ["dims", sizesOf(dims)],
    ["parameters", `${count(params)} in ${training.parameters.length} tensors`],
    [
      "training",
      `${training.steps} steps of ${count(training.tokens_per_step)} tokens, ` +
      `${count(training.flops_per_token)} flops per token`,
    ],
    [
      "memory",
      `${showBytes(memory.total)}: parameters ${showBytes(memory.parameters)}, ` +
      `gradients ${showBytes(memory.gradients)}, optimizer ${showBytes(memory.optimizer)}, ` +
      `activations ${showBytes(memory.activations)}`,
    ],
    ["launches", Object.entries(launches).map(([name, n]) => `${name} ${n}`).join(", ")],
  ];
  return table(`${stage}: model ${name}`, [...rows, ...alike(plainParameters(training))]);
}

function describeUnsized(training: UnsizedPlan): string {
  const { stage, name, dims, params, parameters, steps, tokens_per_step } = training;
  const often = steps === undefined ? "steps" : `${steps} steps`;
  return table(`${stage}: model ${name}`, [
    ["dims", `${sizesOf(dims)} vocab=?`],
    ["parameters", `${vocabSum(params)} in ${parameters.length} tensors`],
    ["training", `${often} of ${count(tokens_per_step)} tokens`],
    ["flops", `${vocabSum(training.flops_per_token)} per token`],
    [
      "unknown",
      "vocab comes from the tokenizer, which is not there yet: " +
      `--set models.${name}.dims.vocab=N plans for N tokens`,
    ],
    ...alike(parameters),
  ]);
}

type Row = readonly [head: string, text: string];

function table(title: string, rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([head]) => head.length));
  return `${title}\n` +
    rows.map(([head, text]) => `  ${head.padEnd(width)}  ${text}\n`).join("");
}

function sizesOf(dims: Readonly<Record<string, number>>): string {
  return Object.entries(dims).map(([dim, size]) => `${dim}=${size}`).join(" ");
}

/** In full: whoever puts in a size wants the exact number. */
function vocabSum({ fixed, per_vocab }: VocabSum): string {
  const full = (value: number) => Math.round(value).toLocaleString("en-US");
  return `${full(fixed)} + ${full(per_vocab)} x vocab`;
}

/** A parameter; its type as text. */
interface ParameterRow {
  readonly name: string;
  readonly type: string;
  readonly elements?: number;
}

/**
 * Parameters by name, those that differ by the numbers in their names and in nothing else as one.
 */
function alike(parameters: readonly ParameterRow[]): Row[] {
  const groups = new Map<string, ParameterRow & { times: number }>();
  for (const parameter of parameters) {
    const name = parameter.name.replace(/(?<=\.)\d+(?=\.)/g, "*");
    const known = groups.get(name);
    if (known === undefined) groups.set(name, { ...parameter, times: 1 });
    else if (known.type === parameter.type) known.times++;
    else groups.set(parameter.name, { ...parameter, times: 1 });
  }
  return [...groups].map(([name, { type, elements, times }]) => {
    const size = elements === undefined ? "" : `  ${count(elements)}`;
    return [`  ${name}`, `${type}${size}${times === 1 ? "" : `, ${times} times`}`];
  });
}

/** Large numbers with a letter and three digits behind the point, smaller ones in full. */
function count(value: number): string {
  const units: [number, string][] = [[1e12, "T"], [1e9, "B"], [1e6, "M"]];
  for (const [size, letter] of units) {
    if (value >= size) return `${(value / size).toFixed(3)}${letter}`;
  }
  return Math.round(value).toLocaleString("en-US");
}
