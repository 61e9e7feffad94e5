/** The texts that are made of the definitions of the language, as they are kept in the repository. */

import { modelParts } from "../model/model_parts.ts";
import { pipelineDef } from "./definitions.ts";
import { jsonSchema } from "./json_schema.ts";
import { markdown } from "./markdown.ts";

/** The JSON Schema of pipelines for editors (`# yaml-language-server: $schema=...`). */
export function schemaText(): string {
  return `${JSON.stringify(jsonSchema(pipelineDef), undefined, 2)}\n`;
}

/** The reference of the language in Markdown. */
export function languageText(): string {
  const note = "Every key of a pipeline, and what models are made of. This page is made of the " +
    "definitions in `schema/`, of the ops and of the library of blocks.";
  const keys = markdown(pipelineDef, "A pipeline");
  return `# The pipeline language\n\n${note}\n\n${keys}\n${modelParts()}`;
}
