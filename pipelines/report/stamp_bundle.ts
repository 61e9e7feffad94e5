/**
 * The last step of `deno task page`: the bundle of the page's script gets a head that tells what it was
 * made from, and the licence of uPlot. The bundle is committed, so a run needs no bundler.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import { digestFolders } from "../compile/digest.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** The head of a bundle that is up to date: it holds the digest of the sources as they are. */
export async function bundleHead(): Promise<string> {
  const licence = await Deno.readTextFile(join(FOLDER, "page", "uplot_licence.txt"));
  return `// Made by deno task page from ${await digestFolders(FOLDER, ["page"])}\n` +
    `/* Contains uPlot.\n${licence}*/\n`;
}

if (import.meta.main) {
  const path = join(FOLDER, "page.bundle.js");
  await writeFileAtomic(path, await bundleHead() + await Deno.readTextFile(path));
}
