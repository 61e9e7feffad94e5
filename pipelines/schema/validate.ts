/** Validation of a written value against a definition: every problem with its position. */

import { Ajv2020 } from "ajv/2020";
import type { ErrorObject, ValidateFunction } from "ajv/2020";
import { shapeOf } from "./shape.ts";
import type { Def } from "./shape.ts";
import { expectation } from "./expectation.ts";
import { jsonSchema } from "./json_schema.ts";
import { problemAt } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { suggest } from "./suggest.ts";
import { locate, pathText, plain } from "./tree.ts";
import type { Path, Tree } from "./tree.ts";
import { missingOrUnknown } from "./_wrong_keys.ts";
import type { Finding, Spot } from "./_wrong_keys.ts";
import { formOf, keysOf, stepInto } from "./walk_definition.ts";

export type { Finding } from "./_wrong_keys.ts";

const compiled = new WeakMap<Def<unknown>, ValidateFunction>();

/** The compiled schema of a definition; made once, as that takes longer than validating. */
function validator(def: Def<unknown>): ValidateFunction {
  let found = compiled.get(def);
  if (found === undefined) {
    const ajv = new Ajv2020({
      strict: true,
      strictRequired: false,
      allowUnionTypes: true,
      allErrors: true,
      verbose: true,
      // The schema is our own and a test checks it; this saves two thirds of the time.
      meta: false,
      validateSchema: false,
      code: { optimize: false },
    });
    ajv.addVocabulary(["errorMessage"]);
    found = ajv.compile(jsonSchema(def));
    compiled.set(def, found);
  }
  return found;
}

/**
 * What is wrong with `tree` as a written value of `def`, in no order. `under` is put in front of
 * paths in messages when `tree` is only a part of a configuration.
 */
export function validate(def: Def<unknown>, tree: Tree, under: Path = []): Finding[] {
  const check = validator(def);
  if (check(plain(tree))) return [];
  const errors = (check.errors ?? []).map((error) => ({ error, path: pathOf(error, tree) }));
  const badNames = new Set(
    errors.filter(({ error }) => error.propertyName !== undefined)
      .map(({ error }) => `${error.instancePath}/${escape(error.propertyName ?? "")}`),
  );
  const findings: Finding[] = [];
  const groups = Map.groupBy(errors, ({ error }) => error.instancePath);
  for (const group of groups.values()) {
    const { path } = group[0];
    const at = { def, tree, path, name: pathText([...under, ...path]) };
    findings.push(...missingOrUnknown(at, group.map(({ error }) => error)));
    // A value of the wrong type breaks other rules too; the first one says enough.
    let valueIsWrong = false;
    for (const { error } of group) {
      const isName = error.propertyName !== undefined;
      if (badNames.has(error.instancePath) || (valueIsWrong && !isName)) continue;
      if (error.keyword === "enum" && typeof error.data !== "string") continue;
      const problem = valueProblem(at, error);
      if (problem === undefined) continue;
      findings.push({ problem, path });
      valueIsWrong ||= !isName;
    }
  }
  return findings;
}

/** A key as a step of a JSON pointer. */
function escape(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The path of an error: steps into lists become numbers. */
function pathOf(error: ErrorObject, tree: Tree): Path {
  const steps = error.instancePath.split("/").slice(1);
  const path: (string | number)[] = [];
  for (const step of steps) {
    const isList = locate(tree, path).tree.type === "list";
    path.push(isList ? Number(step) : step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return path;
}

const handled = new Set([
  "required",
  "dependentRequired",
  "oneOf",
  "additionalProperties",
  "if",
  "propertyNames",
]);

/** A value of the wrong type or outside its bounds, or a key that is no name. */
function valueProblem(spot: Spot, error: ErrorObject): Problem | undefined {
  if (handled.has(error.keyword)) return undefined;
  const { def, name, path, tree } = spot;
  const found = locate(tree, path);
  if (error.propertyName !== undefined) {
    const { key = found.tree.place } = locate(tree, [...path, error.propertyName]);
    const shape = definitionAt(def, tree, path)?.def;
    const isMap = shape !== undefined && shapeOf(formOf(shape, found.tree)).type === "map";
    const word = JSON.stringify(error.propertyName);
    return isMap
      ? problemAt(key, "bad-name", `${word} in ${name} is not a valid name`, {
        expected: keyWords(spot),
      })
      : problemAt(key, "unknown-key", `unknown key ${word} in ${name}`, {
        expected: "a word; text with a comma in braces needs quotes",
      });
  }
  const shown = shownValue(found.tree);
  const wanted = definitionAt(def, tree, path)?.def;
  const words = wanted && expectation(wanted);
  const limit = error.keyword === "maximum" ? String(error.params.limit) : "";
  const unquoted = wanted !== undefined && shapeOf(wanted).type === "string" &&
    (typeof error.data === "number" || typeof error.data === "boolean");
  const expected = words?.includes(limit)
    ? words + (unquoted ? ", in quotes" : "")
    : `at most ${limit}`;
  if (name === "") {
    const message = shown === "empty" ? "the file is empty" : `the file is ${shown}`;
    return problemAt(found.tree.place, "wrong-type", message, { expected: "a map" });
  }
  if (error.keyword === "enum") {
    const word = String(error.data);
    const suggestion = suggest(word, error.params.allowedValues);
    const tag = path.at(-1) === "kind" ? `unknown kind "${word}"` : `${name} is "${word}"`;
    return problemAt(found.tree.place, "unknown-word", tag, { expected, suggestion });
  }
  const misspelt = misspeltAttribute(spot);
  if (misspelt !== undefined && found.key) {
    const message = `unknown key ${JSON.stringify(path.at(-1))} in ${pathText(path.slice(0, -1))}`;
    return problemAt(found.key, "unknown-key", message, { suggestion: misspelt });
  }
  const code = error.keyword === "type" ? "wrong-type" : "wrong-value";
  const message = error.keyword === "minItems" && shown === "a list"
    ? `${name} has too few items`
    : error.keyword === "maxItems"
    ? `${name} has too many items`
    : `${name} is ${shown}`;
  return problemAt(found.tree.place, code, message, { expected });
}

/** What the keys of a map must be like. */
function keyWords({ def, tree, path }: Spot): string {
  const owner = definitionAt(def, tree, path)?.def;
  const shape = owner && shapeOf(formOf(owner, locate(tree, path).tree));
  return shape?.type === "map" ? expectation({ doc: "", shape: shape.key }) : "a name";
}

/** The definition of the value at `path`, and whether its key is one of the user's choice. */
function definitionAt(def: Def<unknown>, tree: Tree, path: Path) {
  let at: { readonly def: Def<unknown>; readonly attribute: boolean } = { def, attribute: false };
  for (const [depth, key] of path.entries()) {
    const step = stepInto(at.def, locate(tree, path.slice(0, depth)).tree, String(key));
    if (step.def === undefined) return undefined;
    at = step;
  }
  return at;
}

/** The known key that a bad attribute is nearly the same as: `dim` for `dims`. */
function misspeltAttribute({ def, tree, path }: Spot): string | undefined {
  if (!definitionAt(def, tree, path)?.attribute) return undefined;
  const owner = path.slice(0, -1);
  const parent = definitionAt(def, tree, owner)?.def;
  if (parent === undefined) return undefined;
  const known = Object.keys(keysOf(parent, locate(tree, owner).tree));
  return suggest(String(path.at(-1)), known);
}

/** A value in a message: short text as it is, other things in words. */
function shownValue(tree: Tree): string {
  if (tree.type === "list") return "a list";
  if (tree.type === "map") return "a map";
  if (tree.value === null) return "empty";
  const text = JSON.stringify(tree.value);
  return text.length > 60 ? `${text.slice(0, 56)}..."` : text;
}
