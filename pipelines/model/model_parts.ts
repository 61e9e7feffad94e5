/** What models are made of, in Markdown: ops, blocks of the library, expressions, constants. */

import type { Op } from "../../graph/ir/op.ts";
import { SCALAR_FUNCTIONS } from "../../kernels/lang/functions.ts";
import { ops } from "../../kernels/mod.ts";
import { markdownTable } from "../schema/markdown_table.ts";
import { library } from "./blocks_of.ts";
import { constantFunctions } from "./constant.ts";
import { checkpointParts } from "./hugging_face/checkpoint_parts.ts";
import { parameterOps } from "./parameter_ops.ts";

/** The sections about models of the reference of the language. */
export function modelParts(): string {
  const checkpoints = checkpointParts(library().values());
  const sections = [opSections(), blockSections(), checkpoints, expressionSections()];
  return sections.flat().join("\n") + "\n";
}

function opSections(): readonly string[] {
  const usable = Object.values(ops).filter(isUsable).map(asWritten);
  const rows = [
    ...Object.entries(parameterOps).map(([name, { doc, fields }]) =>
      [code(name), name === "parameter" ? "none" : "x", codes(fields), cell(doc)] as const
    ),
    ...usable.map(({ name, inputs, variadic, attrs, doc }) => [
      code(name),
      (inputs.join(", ") || "none") + (variadic ? ", ..." : ""),
      codes(Object.keys(attrs)),
      cell(doc),
    ]),
  ];
  const attributes = usable.flatMap(({ name, attrs }) =>
    Object.entries(attrs).map(([attr, { default: preset, doc }]) => [
      code(name),
      code(attr),
      preset === undefined ? "required" : value(preset),
      cell(doc),
    ])
  );
  return [
    "## Ops",
    "",
    "What a node may call with `op`. The first three make parameters.",
    "",
    ...markdownTable(["op", "operands", "attributes", "meaning"], rows),
    "",
    "## Attributes of ops",
    "",
    ...markdownTable(["op", "attribute", "default", "meaning"], attributes),
    "",
    "`init` is `zeros`, `ones`, a standard deviation, `{kind: normal, std: ...}`,",
    "`{kind: uniform, bound: ...}` or `{kind: constant, value: ...}`.",
    "",
  ];
}

/** False for optimizers, gradients and random numbers, which a model in training cannot contain. */
function isUsable({ vjp, inputs, dtypes }: Op): boolean {
  if (inputs.length > 0 && inputs.every((input) => input === "key")) return false;
  return vjp !== undefined || !inputs.some((input) => (dtypes[input] ?? "f32") === "f32");
}

/** An op as nodes call it: the random bits of dropout are not theirs to give. */
function asWritten({ name, doc, inputs, variadic, attrs }: Op) {
  const { stream: _, ...others } = attrs;
  return { name, doc, inputs: inputs.filter((input) => input !== "key"), variadic, attrs: others };
}

function blockSections(): readonly string[] {
  const blocks = [...library().values()];
  const parts = blocks.flatMap(({ name, attrs, slots }) => [
    ...[...slots].map(([slot, filling]) => [
      code(name),
      code(slot),
      "slot",
      filling === undefined ? "required" : code(filling.target),
    ]),
    ...[...attrs].map(([attr, preset]) => [
      code(name),
      code(attr),
      "attribute",
      preset === undefined ? "required" : value(preset),
    ]),
  ]);
  return [
    "## Blocks of the library",
    "",
    "What a model or a node may name with `use`, beside the blocks of the pipeline.",
    "",
    ...markdownTable(
      ["block", "inputs", "meaning"],
      blocks.map(({ name, inputs, doc }) => [code(name), inputs.join(", "), cell(doc)]),
    ),
    "",
    "## Slots and attributes of blocks",
    "",
    "`with` fills a slot with another block or op; attributes stand beside `use`.",
    "",
    ...markdownTable(["block", "name", "kind", "default"], parts),
    "",
  ];
}

function expressionSections(): readonly string[] {
  const functions = Object.entries(SCALAR_FUNCTIONS).map(([name, { parameters, doc }]) => [
    code(`${name}(${parameters.join(", ")})`),
    cell(doc),
  ]);
  return [
    "## Expressions of `map`",
    "",
    "Ids of earlier nodes and inputs, numbers, `+ - * /`, comparisons, parentheses, and",
    "",
    ...markdownTable(["function", "meaning"], functions),
    "",
    "## Constants",
    "",
    "In the attributes of a block's nodes `$name` and `$(expression)` stand for values made of the",
    "attributes of the block and the dims of the model, e.g. `$(0.02 / sqrt(2 * layers))`.",
    "Expressions have, from loosest to tightest: `or`, `and`, `not`, `== != < <= > >=`, `+ -`,",
    "`* /`, unary `-`, `**`, the functions",
    `${codes(Object.keys(constantFunctions))}, parentheses, numbers,`,
    "names, `true`, `false` and `'words'`.",
    "",
    "A node with `when` stands only where its value is true, e.g. `when: $tied` or",
    "`when: $(not tied)`; else its id stands for its first operand.",
  ];
}

function value(preset: unknown): string {
  return code(JSON.stringify(preset));
}

function codes(names: readonly string[]): string {
  return names.map(code).join(", ");
}

function code(text: string): string {
  return `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
