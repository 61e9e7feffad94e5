/** Reading a pipeline file and those it extends, merged into one value. */

import { dirname, resolve } from "node:path";
import { loadYaml } from "./load_yaml.ts";
import { merge, without } from "./merge.ts";
import { problemAt } from "./problem.ts";
import type { Problem } from "./problem.ts";
import type { Place, Source, Tree } from "./tree.ts";

/** Longest chain of files that extend each other. */
const maxChain = 32;

/** A file and its bases, read. */
export interface ReadResult {
  /** Absent if a file could not be read or parsed. */
  readonly tree?: Tree;
  readonly problems: readonly Problem[];
  /** Every file read, absolute, the first one first. */
  readonly files: readonly string[];
  /** The same as shown to people. */
  readonly names: readonly string[];
  /** Texts by shown name. */
  readonly texts: ReadonlyMap<string, string>;
}

/** What reading goes along. */
interface Reading {
  readonly readText: (path: string) => string;
  readonly show: (path: string) => string;
  readonly problems: Problem[];
  readonly files: string[];
  readonly names: string[];
  readonly texts: Map<string, string>;
}

/** Reads `file` (absolute) with what it extends; `show` makes paths fit for people. */
export function readExtended(
  file: string,
  readText: (path: string) => string,
  show: (path: string) => string,
): ReadResult {
  const reading: Reading = {
    readText,
    show,
    problems: [],
    files: [],
    names: [],
    texts: new Map(),
  };
  const tree = readFile(reading, file, [], undefined);
  const { problems, files, names, texts } = reading;
  return { ...(tree ? { tree } : {}), problems, files, names, texts };
}

function readFile(
  reading: Reading,
  file: string,
  chain: readonly string[],
  from: Place | undefined,
): Tree | undefined {
  const { readText, show, problems } = reading;
  const source: Source = { name: show(file), folder: dirname(file), flag: false };
  const at = from ?? { source, line: 1, column: 1 };
  if (chain.includes(file)) {
    const circle = [...chain.slice(chain.indexOf(file)), file].map(show).join(" -> ");
    problems.push(problemAt(at, "cycle", `extends goes in a circle: ${circle}`));
    return undefined;
  }
  if (chain.length >= maxChain) {
    problems.push(problemAt(at, "too-deep", "too many files extend each other", {
      expected: `at most ${maxChain}`,
    }));
    return undefined;
  }
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push(problemAt(at, "missing-file", `cannot read ${show(file)}: ${reason}`));
    return undefined;
  }
  reading.files.push(file);
  reading.names.push(source.name);
  reading.texts.set(source.name, text);
  const { tree, problems: found } = loadYaml(text, source);
  problems.push(...found);
  if (tree?.type !== "map") return tree;
  const base = tree.entries.get("extends")?.value;
  // A value that is no path is left for the validation to name.
  if (base?.type !== "scalar" || typeof base.value !== "string" || base.value.trim() === "") {
    return tree;
  }
  const path = resolve(source.folder, base.value);
  const below = readFile(reading, path, [...chain, file], base.place);
  const own = without(tree, "extends");
  if (below === undefined) return undefined;
  if (below.type !== "map") {
    const message = `${show(path)} cannot be extended`;
    problems.push(problemAt(base.place, "wrong-type", message, { expected: "a file with a map" }));
    return undefined;
  }
  return merge(below, own);
}
