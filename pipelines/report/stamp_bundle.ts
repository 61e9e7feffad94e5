/**
 * The last step of `deno task page`: the bundle of the page's script gets a head that tells what it was
 * made from, and the licence of uPlot. The bundle is committed, so a run needs no bundler.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import { digestFolders, sha256 } from "../compile/digest.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** A bundle with its head, which holds the digests of the sources as they are and of what was made. */
export async function stampBundle(body: string): Promise<string> {
  const licence = await Deno.readTextFile(join(FOLDER, "page", "uplot_licence.txt"));
  return `// Made by deno task page from ${await digestFolders(FOLDER, ["page"])},\n` +
    `// and below the licence it is ${sha256(body)}\n` +
    `/* Contains uPlot.\n${licence}*/\n${body}`;
}

if (import.meta.main) {
  const path = join(FOLDER, "page.bundle.js");
  await writeFileAtomic(path, await stampBundle(await Deno.readTextFile(path)));
}
