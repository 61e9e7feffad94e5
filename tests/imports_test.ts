/** The house rules that a machine can check: who may import whom, and that README knows every file. */

import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { filesBelow } from "../pipelines/compile/digest.ts";
import { fileLists } from "./readme_files.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Folders that each folder may import from, beside itself. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  graph: [],
  kernels: ["graph"],
  runtime: ["graph"],
  pipelines: ["graph", "kernels", "runtime"],
};

/** A module and what it imports. */
interface Module {
  /** Relative to the project. */
  readonly path: string;
  readonly imports: readonly string[];
}

/** What a source imports: static, dynamic and re-exports, but not in comments. */
function importsOf(source: string): string[] {
  const code = source.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  const forms = /\b(?:from|import|new URL)\s*\(?\s*"([^"\n]+)"/g;
  // A folder's address finds files to read, not modules.
  return [...code.matchAll(forms)].map(([, target]) => target).filter((target) =>
    !target.endsWith("/") && target !== "."
  );
}

async function modules(): Promise<Module[]> {
  const found: Module[] = [];
  for (const folder of Object.keys(ARROWS)) {
    for (const name of await filesBelow(join(ROOT, folder))) {
      if (!name.endsWith(".ts")) continue;
      const path = `${folder}/${name}`;
      found.push({ path, imports: importsOf(await Deno.readTextFile(join(ROOT, path))) });
    }
  }
  return found;
}

/** What is wrong with an import of a module; undefined if nothing. */
function wrongImport(path: string, specifier: string): string | undefined {
  const folder = path.split("/")[0];
  if (specifier.startsWith("node:")) return undefined;
  if (!specifier.startsWith(".")) {
    return folder === "pipelines"
      ? undefined
      : `${path} imports ${specifier}: ${folder} has no dependencies`;
  }
  const target = relative(ROOT, join(ROOT, dirname(path), specifier)).split("/")[0];
  if (target === folder || ARROWS[folder].includes(target)) return undefined;
  const allowed = [folder, ...ARROWS[folder]].join(", ");
  return `${path} imports ${specifier}: ${folder} may import ${allowed}, not ${
    target || "the root"
  }`;
}

Deno.test("imports go down only: pipelines to kernels and runtime to graph", async () => {
  const all = await modules();
  assert.ok(all.length > 100, "the modules were found");
  const wrong = all.flatMap(({ path, imports }) =>
    imports.flatMap((specifier) => wrongImport(path, specifier) ?? [])
  );
  // The version is the one thing that the project file knows alone.
  const excepted = ["pipelines/compile/versions.ts imports ../../deno.json"];
  const left = wrong.filter((text) => !excepted.some((known) => text.startsWith(known)));
  assert.deepEqual(left, []);
});

Deno.test("wrongImport() sees imports that go up, sideways and outside", () => {
  assert.equal(
    wrongImport("graph/ir/op.ts", "../../kernels/map.ts"),
    "graph/ir/op.ts imports ../../kernels/map.ts: graph may import graph, not kernels",
  );
  assert.equal(
    wrongImport("runtime/device.ts", "../kernels/map.ts"),
    "runtime/device.ts imports ../kernels/map.ts: runtime may import runtime, graph, not kernels",
  );
  assert.equal(
    wrongImport("kernels/map.ts", "yaml"),
    "kernels/map.ts imports yaml: kernels has no dependencies",
  );
  assert.equal(wrongImport("pipelines/cli/main.ts", "../../runtime/device.ts"), undefined);
  assert.equal(
    wrongImport("pipelines/cli/main.ts", "../../tests/near.ts")?.includes("tests"),
    true,
  );
});

Deno.test("importsOf() finds every form of import and no comment", () => {
  const source = `
    import a from "./a.ts";
    import { b,
      c } from "./b.ts";
    export * from "./d.ts";
    import "./e.ts";
    const f = await import("./f.ts");
    new Worker(new URL("./g.ts", import.meta.url));
    // import h from "./h.ts";
    /** import i from "./i.ts"; */
  `;
  assert.deepEqual(importsOf(source), [
    "./a.ts",
    "./b.ts",
    "./d.ts",
    "./e.ts",
    "./f.ts",
    "./g.ts",
  ]);
});

Deno.test("no two modules import each other, not even by way of others", async () => {
  const graph = new Map<string, string[]>();
  for (const { path } of await modules()) {
    const source = await Deno.readTextFile(join(ROOT, path));
    // Types are gone when modules load: two interfaces may speak of each other.
    const values = source.replace(/^(?:import|export) type [^;]*;/gm, "");
    const targets = importsOf(values).filter((specifier) => specifier.startsWith("."));
    graph.set(path, targets.map((specifier) => join(dirname(path), specifier)));
  }
  const state = new Map<string, "open" | "done">();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "open") circles.push([...trail, path].join(" -> "));
    if (state.has(path) || !graph.has(path)) return;
    state.set(path, "open");
    for (const next of graph.get(path)!) visit(next, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of graph.keys()) visit(path, []);
  assert.deepEqual(circles, []);
});

Deno.test("README tells of every file in the words of its first sentence", async () => {
  const readme = await Deno.readTextFile(join(ROOT, "README.md"));
  assert.ok(readme.includes(await fileLists()), "out of date: run deno task readme");
});
