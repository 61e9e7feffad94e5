import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/2020";
import { pipelineDef } from "../../../pipelines/schema/definitions.ts";
import type {
  DocumentsConfig,
  EvalConfig,
  NodeConfig,
  PipelineConfig,
  SourceConfig,
  TokenizeConfig,
  TrainConfig,
} from "../../../pipelines/schema/definitions.ts";
import { jsonSchema } from "../../../pipelines/schema/json_schema.ts";
import { languageText, schemaText } from "../../../pipelines/schema/schema_texts.ts";
import { fieldDef } from "../../../pipelines/schema/shape.ts";
import type { Def, Field } from "../../../pipelines/schema/shape.ts";
import { grow } from "../../../pipelines/schema/tree.ts";
import { validate } from "../../../pipelines/schema/validate.ts";

Deno.test("jsonSchema() gives a valid schema of 2020-12", () => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
  ajv.addVocabulary(["errorMessage"]);
  assert.equal(ajv.validateSchema(jsonSchema(pipelineDef)), true);
});

/** Every field of a definition, at any depth, with its path. */
function fieldsOf(def: Def<unknown>, path: string, seen: Set<string>): [string, Field][] {
  const { shape } = def;
  const inner = (fields: Readonly<Record<string, Field>>): [string, Field][] =>
    Object.entries(fields).flatMap(([key, field]) => [
      [`${path}.${key}`, field] as [string, Field],
      ...fieldsOf(fieldDef(field), `${path}.${key}`, seen),
    ]);
  switch (shape.type) {
    case "named":
      if (seen.has(shape.name)) return [];
      seen.add(shape.name);
      return fieldsOf(shape.def(), path, seen);
    case "object":
      return [shape.fields, ...Object.values(shape.variants ?? {})].flatMap(inner);
    case "tagged":
      return Object.entries(shape.branches).flatMap(([tag, branch]) =>
        fieldsOf(branch, `${path}(${tag})`, seen)
      );
    case "map":
      return fieldsOf(shape.value, `${path}.*`, seen);
    case "list":
      return fieldsOf(shape.item, `${path}.0`, seen);
    case "union":
      return shape.options.flatMap((option) => fieldsOf(option, path, seen));
    case "shorthand":
      return [shape.short, shape.full].flatMap((option) => fieldsOf(option, path, seen));
    default:
      return [];
  }
}

Deno.test("every default is a valid value, and every field has a description", () => {
  const place = { source: { name: "", folder: "/", flag: false }, line: 1, column: 1 };
  const fields = fieldsOf(pipelineDef, "", new Set());
  const defaults = fields.flatMap(([path, field]) =>
    "presence" in field && field.presence === "defaulted" ? [{ path, field }] : []
  );
  assert.ok(defaults.length > 30);
  for (const { path, field } of defaults) {
    const found = validate(field.def, grow(field.value, place));
    assert.deepEqual(found.map(({ problem }) => problem.message), [], path);
  }
  const bare = fields.filter(([, field]) => !/^[A-Z`].*\.$/s.test(fieldDef(field).doc));
  assert.deepEqual(bare.map(([path]) => path), []);
});

Deno.test("schema.json and language.md are those of the definitions", () => {
  const root = new URL("../../../pipelines/", import.meta.url);
  for (const [name, text] of [["schema.json", schemaText()], ["language.md", languageText()]]) {
    const file = new URL(name, root);
    if (Deno.env.get("GOLDEN") === "write") Deno.writeTextFileSync(file, text);
    assert.equal(
      Deno.readTextFileSync(file),
      text,
      `${name} is stale: run this test with GOLDEN=write`,
    );
  }
});

/** Compiles only if `A` is exactly `B`. */
function sameType<A, B>(
  same: (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false,
): void {
  assert.equal(same, true);
}

Deno.test("the types of resolved pipelines follow from the definitions", () => {
  sameType<TrainConfig["eval"], { readonly every: number }>(true);
  sameType<TrainConfig["order"], "shuffled" | "random_windows">(true);
  sameType<EvalConfig["questions"], string | SourceConfig | undefined>(true);
  sameType<NodeConfig["to"], readonly string[] | undefined>(true);
  sameType<PipelineConfig["mesh"]["dp"], number | "auto" | undefined>(true);
  type Adamw = Extract<TrainConfig["optimizer"], { kind: "adamw" }>;
  sameType<Adamw["betas"], readonly [number, number]>(true);
  type Reading = Extract<DocumentsConfig, { read: unknown }>;
  sameType<Reading["generate"], undefined>(true);
  type Given = Extract<TokenizeConfig["tokenizer"], { file: SourceConfig }>;
  sameType<Given["file"], SourceConfig>(true);
});
