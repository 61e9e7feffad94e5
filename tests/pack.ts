/**
 * `deno task pack DIR`: the files of the package as the registry takes them. It knows no texts as
 * modules, so each import of one becomes the import of a module that holds the text.
 */

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { filesBelow } from "../pipelines/compile/digest.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** `import x from "./a.yaml" with { type: "text" };` */
const TEXT_IMPORT = /^(import \w+ from "(\.[^"]+))" with \{ type: "text" \};$/gm;

/** Writes the package into a folder and returns the paths of its files there, sorted. */
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
  const written: string[] = [];
  const write = async (path: string, text: string) => {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
    written.push(path);
  };
  for (const path of kept) {
    const text = await Deno.readTextFile(join(ROOT, path));
    if (!path.endsWith(".ts")) {
      await write(path, text);
      continue;
    }
    await write(path, text.replace(TEXT_IMPORT, '$1.ts";'));
    for (const [, , target] of text.matchAll(TEXT_IMPORT)) {
      const imported = join(dirname(path), target).replaceAll("\\", "/");
      const content = await Deno.readTextFile(join(ROOT, imported));
      const module = `/** The text of ${imported}. */\nexport default ${
        JSON.stringify(content)
      };\n`;
      await write(`${imported}.ts`, module);
    }
  }
  return written.sort();
}

if (import.meta.main) {
  const [word] = Deno.args;
  if (word === undefined) throw new Error("Cannot pack: no folder was given");
  const folder = resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), word);
  console.log(`${(await pack(folder)).length} files in ${folder}`);
}
