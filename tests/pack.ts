/**
 * `deno task pack DIR`: the files of the package as the registry takes them. It knows no texts as
 * modules, so each import of one becomes the import of a module that holds the text.
 */

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { runCommand } from "../pipelines/cli/command.ts";
import { fillNewFolder } from "../pipelines/cli/fill_new_folder.ts";
import { FlagError } from "../pipelines/cli/flags.ts";
import { filesBelow } from "../pipelines/compile/digest.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** `import x from "./a.yaml" with { type: "text" };` */
const TEXT_IMPORT = /^(import \w+ from "(\.[^"]+))" with \{ type: "text" \};$/gm;

/**
 * Writes the package into a new or empty folder and returns the paths of its files there, sorted.
 */
export async function pack(folder: string): Promise<string[]> {
  const { include, exclude } = config.publish;
  const sources = ["deno.json"];
  for (const name of include) {
    const { isDirectory } = await Deno.stat(join(ROOT, name));
    if (!isDirectory) sources.push(name);
    else sources.push(...(await filesBelow(join(ROOT, name))).map((path) => `${name}/${path}`));
  }
  const kept = sources.filter((path) =>
    !exclude.some((name) => path === name || path.startsWith(`${name}/`))
  );
  const files: Record<string, string> = {};
  for (const path of kept) {
    const text = await Deno.readTextFile(join(ROOT, path));
    if (!path.endsWith(".ts")) {
      files[path] = text;
      continue;
    }
    files[path] = text.replace(TEXT_IMPORT, '$1.ts";');
    for (const [, , target] of text.matchAll(TEXT_IMPORT)) {
      const imported = join(dirname(path), target).replaceAll("\\", "/");
      const content = await Deno.readTextFile(join(ROOT, imported));
      const module = `/** The text of ${imported}. */\nexport default ${
        JSON.stringify(content)
      };\n`;
      files[`${imported}.ts`] = module;
    }
  }
  await fillNewFolder("pack", folder, files);
  return Object.keys(files).sort();
}

if (import.meta.main) {
  Deno.exitCode = await runCommand({
    usage: "deno task pack DIR",
    flags: {},
    async run({ flags: { words }, cwd, print }) {
      if (words.length !== 1) throw new FlagError("Cannot pack: expected one folder");
      const folder = resolve(cwd, words[0]);
      print(`${(await pack(folder)).length} files in ${folder}\n`);
      return 0;
    },
  }, Deno.args);
}
