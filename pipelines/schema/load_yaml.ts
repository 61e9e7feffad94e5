/**
 * Reading YAML without its traps: anchors, aliases, tags, `%YAML`, duplicate keys, words and
 * numbers that do not mean what they look like, and anything deep or large enough to hurt are
 * refused, each with its position.
 */

import { isAlias, isMap, isScalar, isSeq, parseDocument, visit } from "yaml";
import type { Document, Node, Pair, YAMLMap } from "yaml";
import { flowDepth } from "./_flow_depth.ts";
import { numberProblem, wordProblem } from "./_scalar_traps.ts";
import { problemAt } from "./problem.ts";
import type { Problem } from "./problem.ts";
import type { Entry, Place, Scalar, Source, Tree } from "./tree.ts";

/** Largest file, in bytes. */
export const maxBytes = 256 * 1024;
/** Deepest nesting of lists and maps. */
const maxDepth = 64;
/** Most keys and values in one file. */
export const maxNodes = 50_000;

const bannedKeys: readonly string[] = ["__proto__", "constructor", "prototype", "<<"];

/** After these, what the rest of the text means is anybody's guess. */
const fatal: readonly string[] = ["alias", "banned-key", "tag", "too-deep"];

/** What became of a text. `tree` is absent if it cannot be used at all. */
export interface Loaded {
  readonly tree?: Tree;
  readonly problems: readonly Problem[];
}

/** What the walk over a document carries along. */
interface Walk {
  readonly text: string;
  readonly place: (offset: number) => Place;
  readonly problems: Problem[];
  nodes: number;
}

/** Parses a text; never throws. An empty text is the empty value at 1:1. */
export function loadYaml(text: string, source: Source): Loaded {
  const start: Place = { source, line: 1, column: 1 };
  const refuse = (place: Place, code: string, message: string, expected?: string): Loaded => ({
    problems: [problemAt(place, code, message, { expected })],
  });
  if (text.length > maxBytes || new TextEncoder().encode(text).length > maxBytes) {
    return refuse(start, "too-large", "the file is too large", `at most ${maxBytes / 1024} KiB`);
  }
  const place = placeIn(text, source);
  const directive = /^\uFEFF?(?:[ \t]*(?:#.*)?\r?\n)*(%.*)/.exec(text);
  if (directive) {
    const shown = JSON.stringify(directive[1].slice(0, 40));
    const at = directive[0].length - directive[1].length;
    return refuse(place(at), "directive", `directive ${shown}`, "none");
  }
  const deep = flowDepth(text, maxDepth);
  if (deep !== undefined) {
    return refuse(place(deep), "too-deep", "brackets are nested too deep", `at most ${maxDepth}`);
  }
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      version: "1.2",
      schema: "core",
      merge: false,
      resolveKnownTags: false,
      stringKeys: true,
      uniqueKeys: false,
      intAsBigInt: true,
      prettyErrors: false,
      // With "silent" a second document in the file would go unnoticed.
      logLevel: "error",
    });
  } catch (error) {
    // The parser recurses: a text that exhausts the stack is one nobody wrote by hand.
    return refuse(start, "too-deep", `the text cannot be parsed: ${String(error)}`);
  }
  const [first] = [...document.errors].sort((a, b) => a.pos[0] - b.pos[0]);
  if (first !== undefined) {
    const [code, message, expected] = explain(first.code, first.message);
    const at = openQuote(document, text.length) ?? first.pos[0];
    return refuse(place(at), code, message, expected);
  }
  const walk: Walk = { text, place, problems: [], nodes: 0 };
  const tree = convert(walk, document.contents, 0, 0);
  for (const warning of document.warnings) {
    if (warning.code === "TAG_RESOLVE_FAILED") continue; // The walk names every tag.
    walk.problems.push(problemAt(place(warning.pos[0]), "yaml", lower(warning.message)));
  }
  const usable = walk.nodes <= maxNodes &&
    !walk.problems.some(({ code }) => fatal.includes(code));
  return usable ? { tree, problems: walk.problems } : { problems: walk.problems };
}

/** Where the quoted text begins that goes on to the end of the file, as one without end does. */
function openQuote(document: Document.Parsed, end: number): number | undefined {
  const unclosed = document.errors.some(({ code, pos }) =>
    code === "MISSING_CHAR" && pos[0] >= end
  );
  let found: number | undefined;
  if (unclosed) {
    visit(document, {
      Scalar(_, { type, range }) {
        if (range && type?.startsWith("QUOTE_") && range[1] >= end) found = range[0];
      },
    });
  }
  return found;
}

/** Positions in a text by offset. */
function placeIn(text: string, source: Source): (offset: number) => Place {
  const starts = [0];
  for (let at = -1; (at = text.indexOf("\n", at + 1)) >= 0;) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return { source, line: low + 1, column: offset - starts[low] + 1 };
  };
}

/** The parser's errors in the words of this project: code, message, what is expected. */
function explain(code: string, message: string): [string, string, string?] {
  switch (code) {
    case "RESOURCE_EXHAUSTION":
      return ["too-deep", "values are nested too deep", `at most ${maxDepth}`];
    case "MULTIPLE_DOCS":
      return ["yaml", "a second document begins here", "one document per file"];
    case "TAB_AS_INDENT":
      return ["yaml", "a tab indents this line", "spaces"];
    case "NON_STRING_KEY":
      return ["yaml", "a key is not plain text", "a word"];
    case "MISSING_CHAR":
      return [
        "yaml",
        lower(message).replace(/^missing closing .quote$/, "a closing quote is missing"),
      ];
    case "BAD_SCALAR_START":
      return ["yaml", lower(message), "text that begins like this in quotes"];
    default:
      return ["yaml", lower(message)];
  }
}

function lower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

/** A node with its positions; what is wrong with it goes to the walk's problems. */
function convert(walk: Walk, node: Node | null, offset: number, depth: number): Tree {
  const place = walk.place(node?.range?.[0] ?? offset);
  const empty: Scalar = { type: "scalar", place, value: null };
  const report = (at: Place, code: string, message: string, expected?: string) => {
    walk.problems.push(problemAt(at, code, message, { expected }));
    return empty;
  };
  if (++walk.nodes > maxNodes) {
    if (walk.nodes > maxNodes + 1) return empty;
    return report(
      place,
      "too-large",
      "the file has too many keys and values",
      `at most ${maxNodes}`,
    );
  }
  if (node === null) return empty;
  if (isAlias(node)) {
    return report(
      place,
      "alias",
      `alias "*${node.source}"`,
      "the value itself; aliases are not used",
    );
  }
  if (depth > maxDepth) {
    return report(place, "too-deep", "values are nested too deep", `at most ${maxDepth}`);
  }
  const begin = node.range?.[0] ?? offset;
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return empty;
  if (node.anchor) {
    const at = Math.max(0, walk.text.lastIndexOf(`&${node.anchor}`, begin));
    report(
      walk.place(at),
      "alias",
      `anchor "&${node.anchor}"`,
      "no anchors; `extends` shares values",
    );
  }
  if (node.tag) {
    const at = Math.max(0, walk.text.lastIndexOf("!", begin));
    report(walk.place(at), "tag", `tag ${JSON.stringify(node.tag)}`, "values without tags");
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => convert(walk, item as Node | null, begin, depth + 1));
    return { type: "list", place, items };
  }
  if (isMap(node)) return convertMap(walk, node, place, depth);
  const source = node.source ?? "";
  if (typeof node.value === "bigint" || typeof node.value === "number") {
    const [problem, value] = numberProblem(node.value, source);
    if (problem) report(place, "number", problem.message, problem.expected);
    return { type: "scalar", place, value };
  }
  if (typeof node.value === "string") {
    const problem = node.type === "PLAIN" ? wordProblem(source) : undefined;
    if (problem) report(place, "word", problem.message, problem.expected);
    return { type: "scalar", place, value: node.value };
  }
  return { type: "scalar", place, value: typeof node.value === "boolean" ? node.value : null };
}

function convertMap(walk: Walk, node: YAMLMap, place: Place, depth: number): Tree {
  const entries = new Map<string, Entry>();
  for (const { key: keyNode, value } of node.items as Pair<Node, Node | null>[]) {
    const offset = keyNode?.range?.[0] ?? node.range?.[0] ?? 0;
    const at = walk.place(offset);
    const add = (code: string, message: string, expected?: string) =>
      walk.problems.push(problemAt(at, code, message, { expected }));
    if (isAlias(keyNode)) add("alias", `alias "*${keyNode.source}"`, "a key");
    if (!isScalar(keyNode)) continue;
    if (keyNode.anchor) add("alias", `anchor "&${keyNode.anchor}"`, "no anchors");
    if (keyNode.tag) add("tag", `tag ${JSON.stringify(keyNode.tag)}`, "keys without tags");
    const key = String(keyNode.value ?? "");
    const first = entries.get(key);
    if (bannedKeys.includes(key)) {
      const hint = key === "<<" ? "`extends`, which merges maps" : "another name";
      add("banned-key", `key "${key}" is not allowed`, hint);
      continue;
    }
    const converted = convert(walk, value, offset, depth + 1);
    if (first) {
      const where = `${first.key.line}:${first.key.column}`;
      add("duplicate-key", `key "${key}" is given twice`, `it once; the first is at ${where}`);
      continue;
    }
    entries.set(key, { key: at, value: converted });
  }
  return { type: "map", place, entries };
}
