/** `schema`: the JSON Schema of pipelines, for editors. */

import { resolve } from "node:path";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import { pipelineDef } from "../schema/definitions.ts";
import { jsonSchema } from "../schema/json_schema.ts";
import type { Command } from "./command.ts";

/** Prints the schema, or writes it to a file. */
export const schemaTask: Command = {
  usage: "deno task schema [FILE]",
  flags: {},
  async run({ flags: { words }, cwd, print }) {
    const text = JSON.stringify(jsonSchema(pipelineDef), null, 2) + "\n";
    if (words.length === 0) print(text);
    for (const word of words) await writeFileAtomic(resolve(cwd, word), text);
    return 0;
  },
};
