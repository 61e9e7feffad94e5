/** How to tell whether `page.bundle.js` is up to date. */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestFile, digestFolders, digestValue } from "../compile/digest.ts";

/** The first line of a bundle made from the sources as they are: it holds their digest. */
export async function bundleHead(): Promise<string> {
  const folder = dirname(fileURLToPath(import.meta.url));
  const sources = await digestFolders(folder, ["page"]);
  const { sha256 } = await digestFile(join(folder, "bundle_page.ts"));
  return `// Made by deno task page from ${digestValue([sources, sha256])}\n`;
}
