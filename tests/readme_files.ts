/**
 * `deno task readme`: writes the last part of README, a line per source file in the words of the first
 * sentence of the file.
 */

import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesBelow } from "../pipelines/compile/digest.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** What README has in front of its lists of files. */
const HEADING = "## Files\n";

/** Lists of the project's files, a list per folder. Throws an Error for a file without a comment. */
export async function fileLists(): Promise<string> {
  const folders = new Map<string, string[]>();
  for (const top of ["graph", "kernels", "runtime", "pipelines", "tests"]) {
    for (const name of await filesBelow(join(ROOT, top))) {
      const path = `${top}/${name}`;
      if (!isSource(path)) continue;
      const text = await Deno.readTextFile(join(ROOT, path));
      const line = `- \`${basename(path)}\`: ${firstSentence(path, text)}`;
      folders.set(dirname(path), [...folders.get(dirname(path)) ?? [], line]);
    }
  }
  return [...folders].map(([folder, lines]) => `### ${folder}\n\n${lines.join("\n")}\n`).join("\n");
}

function isSource(path: string): boolean {
  if (path.startsWith("tests/")) return path.endsWith(".ts") && !path.endsWith("_test.ts");
  return /\.(ts|yaml|css)$/.test(path);
}

/** The first sentence of a file's first comment, or of the `doc` of a block. */
function firstSentence(path: string, text: string): string {
  const comment = path.endsWith(".yaml")
    ? /^doc: (?:>-)?((?:.*\n)(?: +.*\n)*)/m.exec(text)?.[1] ??
      /^((?:#.*\n)+)/.exec(text)?.[1].replace(/^# ?/gm, "")
    : /\/\*\*?([^]*?)\*\//.exec(text)?.[1].replace(/^\s*\* ?/gm, "");
  const paragraph = comment?.trim().split(/\n\s*\n/)[0].replace(/\s+/g, " ");
  if (!paragraph) throw new Error(`Cannot describe ${path}: it has no comment`);
  const end = /[.:;](?= [A-Z(]|$)/.exec(paragraph);
  return paragraph.slice(0, end?.index).trim() + ".";
}

if (import.meta.main) {
  const path = join(ROOT, "README.md");
  const readme = await Deno.readTextFile(path);
  const start = readme.indexOf(HEADING);
  if (start < 0) throw new Error(`Cannot write README.md: it has no heading "${HEADING.trim()}"`);
  await Deno.writeTextFile(
    path,
    `${readme.slice(0, start + HEADING.length)}\n${await fileLists()}`,
  );
}
