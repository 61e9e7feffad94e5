/** `--set path=value`. */

import type { Def } from "./shape.ts";
import { loadYaml } from "./load_yaml.ts";
import { withEntry } from "./merge.ts";
import { problemAt } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { oneOfWords, suggest } from "./suggest.ts";
import type { Place, Source, Tree } from "./tree.ts";
import { stepInto } from "./walk_definition.ts";

/** What setting a value gave. */
export interface SetResult {
  readonly tree: Tree;
  readonly problems: readonly Problem[];
}

/**
 * `tree` with the value of one flag (`stages.train.steps=200`; dashes in front are ignored) put in;
 * paths in the value resolve against `folder`. The path must lead to something that the pipeline has
 * or may have; stages, models, blocks and other names of the user's choice must exist.
 */
export function setValue(
  def: Def<unknown>,
  tree: Tree,
  flag: string,
  folder: string,
): SetResult {
  const text = flag.replace(/^--/, "");
  const equals = text.indexOf("=");
  const path = (equals < 0 ? text : text.slice(0, equals)).trim();
  const source: Source = { name: `--set ${path}`, folder, flag: true };
  const place: Place = { source, line: 1, column: 1 };
  const refuse = (code: string, message: string, expected?: string, suggestion?: string) => ({
    tree,
    problems: [problemAt(place, code, message, { expected, suggestion })],
  });
  if (equals < 0 || path === "") {
    return refuse("bad-set", `${JSON.stringify(text)} sets nothing`, "PATH=VALUE");
  }
  if (path === "extends") return refuse("bad-set", "extends is not for flags", "another path");
  const written = text.slice(equals + 1);
  const { tree: value, problems } = loadYaml(written, source);
  if (value === undefined || problems.length > 0) return { tree, problems };
  if (!isInline(written, value)) {
    return refuse(
      "bad-set",
      "the value is not on one line",
      "a word, [a list] or {a: map}; or quotes",
    );
  }
  const steps = path.split(".");
  const wrong = unknownStep(def, tree, steps);
  if (wrong) {
    const { depth, known } = wrong;
    const near = suggest(steps[depth], known);
    const better = near === undefined
      ? undefined
      : [...steps.slice(0, depth), near, ...steps.slice(depth + 1)].join(".");
    const within = depth === 0 ? "the pipeline" : steps.slice(0, depth).join(".");
    const message = `unknown path: ${within} has no "${steps[depth]}"`;
    const expected = near === undefined && known.length > 0 ? oneOfWords(known) : undefined;
    return refuse("unknown-path", message, expected, better);
  }
  return { tree: put(tree, steps, value, place), problems: [] };
}

/** True for a scalar or a flow value in which nothing was taken for a comment. */
function isInline(text: string, value: Tree): boolean {
  if (/[\r\n]/.test(text)) return false;
  const start = text.trimStart()[0];
  if (value.type === "map") return start === "{";
  if (value.type === "list") return start === "[";
  return !/(^|\s)#/.test(text) || start === '"' || start === "'";
}

/** Where `steps` leave what the definition allows. */
function unknownStep(
  def: Def<unknown>,
  tree: Tree,
  steps: readonly string[],
): { readonly depth: number; readonly known: readonly string[] } | undefined {
  let at = def;
  let value: Tree | undefined = tree;
  for (const [depth, key] of steps.entries()) {
    const step = stepInto(at, value, key);
    if (step.def === undefined) return { depth, known: step.known };
    at = step.def;
    value = childOf(value, key);
  }
  return undefined;
}

function childOf(tree: Tree | undefined, key: string): Tree | undefined {
  if (tree?.type === "map") return tree.entries.get(key)?.value;
  if (tree?.type === "list") return tree.items[Number(key)];
  return undefined;
}

/** `tree` with `value` at `steps`; maps on the way are made where there are none. */
function put(tree: Tree | undefined, steps: readonly string[], value: Tree, place: Place): Tree {
  const [key, ...rest] = steps;
  if (key === undefined) return value;
  const child = put(childOf(tree, key), rest, value, place);
  if (tree?.type === "list") {
    return { ...tree, items: tree.items.map((item, i) => i === Number(key) ? child : item) };
  }
  const map = tree?.type === "map" ? tree : { type: "map" as const, place, entries: new Map() };
  return withEntry(map, key, { key: map.entries.get(key)?.key ?? place, value: child });
}
