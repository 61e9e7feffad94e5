// deno-lint-ignore-file no-import-prefix -- deno.json lists what runs need, and these they do not

/**
 * `deno task page`: bundles the script of report pages into `page.bundle.js`, which is committed: a run
 * needs no bundler. The first line of the bundle holds the digest of what it was made from.
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import { bundleHead } from "./bundle_head.ts";
import type { Plugin } from "npm:esbuild@0.28.2";

const FOLDER = dirname(fileURLToPath(import.meta.url));

async function bundlePage(): Promise<void> {
  // Packages reach esbuild as texts that Deno imports: it keeps no node_modules to find them in.
  const { default: uplot } = await import("npm:uplot@1.6.32/dist/uPlot.esm.js", {
    with: { type: "text" },
  });
  const { default: style } = await import("npm:uplot@1.6.32/dist/uPlot.min.css", {
    with: { type: "text" },
  });
  const { build, stop } = await import("npm:esbuild@0.28.2");
  const packages: Plugin = {
    name: "packages",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^npm:/ }, ({ path }) => ({ path, namespace: "npm" }));
      onLoad({ filter: /\.css$/, namespace: "npm" }, () => ({ contents: style, loader: "text" }));
      onLoad({ filter: /./, namespace: "npm" }, () => ({ contents: uplot, loader: "js" }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, "page", "page.ts")],
    plugins: [packages],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    legalComments: "inline",
    write: false,
  });
  await stop();
  await writeFileAtomic(join(FOLDER, "page.bundle.js"), await bundleHead() + outputFiles[0].text);
}

if (import.meta.main) await bundlePage();
