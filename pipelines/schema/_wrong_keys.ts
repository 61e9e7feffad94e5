/** Keys that a map has and should not have, or the other way round. */

import type { ErrorObject } from "ajv/2020";
import type { JsonSchema } from "./json_schema.ts";
import { maxSuggested, problemAt } from "./problem.ts";
import type { Problem } from "./problem.ts";
import type { Def } from "./shape.ts";
import { oneOfWords, suggest } from "./suggest.ts";
import { locate } from "./tree.ts";
import type { Path, Place, Tree } from "./tree.ts";

/** A problem and where in the value it is. */
export interface Finding {
  readonly problem: Problem;
  readonly path: Path;
}

/** A value that has errors: where it is in which definition. */
export interface Spot {
  readonly def: Def<unknown>;
  readonly tree: Tree;
  readonly path: Path;
  /** Its path in words. */
  readonly name: string;
}

/**
 * Unknown and missing keys of one map. A missing key that an unknown one is nearly the same as is
 * not reported beside it.
 */
export function missingOrUnknown(spot: Spot, errors: readonly ErrorObject[]): Finding[] {
  const { path, name, tree } = spot;
  const where = name === "" ? "" : ` in ${name}`;
  const here = locate(tree, path).tree;
  const findings: Finding[] = [];
  const missing = new Set<string>();
  const goesWith: [string, string][] = [];
  let alternatives: { readonly keys: readonly string[]; readonly both: boolean } | undefined;
  for (const error of errors) {
    const { params, schemaPath, parentSchema } = error;
    // The branches of an "exactly one of these keys" are named by its own error.
    if (error.keyword === "required" && !/\/oneOf\/\d+\/required$/.test(schemaPath)) {
      missing.add(params.missingProperty);
    } else if (error.keyword === "dependentRequired") {
      const isVariant = variantKeys(parentSchema).includes(params.property);
      if (isVariant) missing.add(params.missingProperty);
      else goesWith.push([params.property, params.missingProperty]);
    } else if (error.keyword === "oneOf") {
      alternatives = { keys: variantKeys(parentSchema), both: params.passingSchemas !== null };
    }
  }
  const keyPlace = (key: string): Place => locate(tree, [...path, key]).key ?? here.place;
  const unknown = errors.filter(({ keyword }) => keyword === "additionalProperties")
    .map(({ params, parentSchema }) => ({ key: String(params.additionalProperty), parentSchema }));
  const present = here.type === "map" ? here.entries : new Map();
  const inner = new Map<JsonSchema | undefined, Readonly<Record<string, JsonSchema>>>();
  for (const [count, { key, parentSchema }] of unknown.entries()) {
    const known = inner.get(parentSchema) ?? propertiesOf(parentSchema);
    inner.set(parentSchema, known);
    if (count >= maxSuggested) {
      const message = `unknown key ${JSON.stringify(key)}${where}`;
      findings.push({
        problem: problemAt(keyPlace(key), "unknown-key", message),
        path: [...path, key],
      });
      continue;
    }
    const free = Object.keys(known).filter((candidate) => !present.has(candidate));
    const near = suggest(key, free);
    if (near !== undefined) missing.delete(near);
    if (near !== undefined && alternatives?.keys.includes(near)) alternatives = undefined;
    const owner = near ??
      Object.keys(known).find((k) => Object.hasOwn(propertiesOf(known[k]), key));
    const suggestion = near ?? (owner === undefined ? undefined : `${owner}.${key}`);
    const expected = suggestion === undefined ? oneOfWords(Object.keys(known)) : undefined;
    const message = `unknown key ${JSON.stringify(key)}${where}`;
    const problem = problemAt(keyPlace(key), "unknown-key", message, { expected, suggestion });
    findings.push({ problem, path: [...path, key] });
  }
  for (const [key, owner] of goesWith) {
    const problem = problemAt(
      keyPlace(key),
      "unknown-key",
      `"${key}"${where} goes with "${owner}"`,
    );
    if (!missing.has(owner)) findings.push({ problem, path: [...path, key] });
  }
  // A map without any known key is something else altogether: that it lacks keys goes without saying.
  const foreign = here.type === "map" && unknown.length > 0 && unknown.length === here.entries.size;
  const subject = name === "" ? "the file" : name;
  if (missing.size > 0) {
    const message = `${subject} lacks ${quoted([...missing], "and")}`;
    findings.push({ problem: problemAt(here.place, "missing-key", message), path });
  }
  if (alternatives?.both) {
    const given = alternatives.keys.filter((key) => here.type === "map" && here.entries.has(key));
    const message = `${subject} has ${quoted(given, "and")}`;
    const expected = "only one of them";
    findings.push({
      problem: problemAt(keyPlace(given.at(-1) ?? ""), "conflict", message, { expected }),
      path,
    });
  } else if (alternatives && goesWith.length === 0 && !foreign) {
    const message = `${subject} lacks ${quoted(alternatives.keys, "or")}`;
    findings.push({ problem: problemAt(here.place, "missing-key", message), path });
  }
  return findings;
}

function variantKeys(schema: JsonSchema | undefined): readonly string[] {
  const branches = (schema?.oneOf ?? []) as readonly { required: readonly string[] }[];
  return branches.map(({ required }) => required[0]);
}

/** Properties that a schema knows, those of its alternatives included. */
function propertiesOf(schema: JsonSchema | undefined): Readonly<Record<string, JsonSchema>> {
  const own = (schema?.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  const branches = (schema?.allOf ?? []) as readonly { readonly then?: JsonSchema }[];
  return Object.assign({}, ...branches.map((branch) => propertiesOf(branch.then)), own);
}

function quoted(words: readonly string[], joint: string): string {
  return words.map((word) => JSON.stringify(word)).join(` ${joint} `);
}
