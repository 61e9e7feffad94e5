/**
 * `deno task mutate [--count N] [--seed N] [--file NAME]`: how many mistakes in the op files their
 * own tests find. Draws mutants at random, runs the tests of the changed file in a copy of the
 * tree, and fails if fewer than 90% are found or if one survives for no known reason.
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "../../pipelines/compile/random.ts";
import { makeMutants, type Mutant } from "./make_mutants.ts";
import { REASONS } from "./survivors.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** What the tests of ops need. */
const COPIED = ["deno.json", "graph", "kernels", "runtime", "pipelines/compile/random.ts"];
const COPIED_TESTS = ["tests/kernels"];
const LEAST_KILLED = 0.9;
/** A mutant that loops for ever is found too. */
const TIMEOUT_MS = 30_000;

/** Tests that every op takes part in. */
const TESTS_OF_ALL = ["attribute_ranges", "not_finite"];
/** Tests of files that are private to others. */
const TESTED_BY: Readonly<Record<string, readonly string[]>> = {
  "_check_number.ts": [],
  "_dims.ts": ["sum", "slice", "rename", "fill", "rearrange"],
  "_each_index.ts": ["sum", "map"],
  "_einops.ts": ["rearrange"],
  "_fuse_map.ts": ["map"],
  "_map_expression.ts": ["map"],
  "_rope_frequencies.ts": ["rope_frequencies", "rope"],
  "_rope_kernel.ts": ["rope"],
};

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    count: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    file: { type: "string" },
  },
});

const files = [...Deno.readDirSync(join(ROOT, "kernels"))].map(({ name }) => name).filter((name) =>
  name.endsWith(".ts") && name !== "mod.ts" && (!options.file || options.file === name)
).sort();
const all = files.flatMap((file) =>
  makeMutants(file, Deno.readTextFileSync(join(ROOT, "kernels", file)))
);
const random = createRandom(Number(options.seed));
random.shuffle(all);
const chosen = all.slice(0, Number(options.count));
console.log(`${chosen.length} of ${all.length} mutants of ${files.length} files`);

const queue = [...chosen];
const survivors: Mutant[] = [];
await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, work));

survivors.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
let unexplained = 0;
for (const { file, line, before, after } of survivors) {
  const known = REASONS.find((entry) => entry.file === file && entry.after === after);
  if (!known) unexplained++;
  console.log(`kernels/${file}:${line}\n  - ${before}\n  + ${after}`);
  console.log(`  survives: ${known?.reason ?? "NO KNOWN REASON"}`);
}
const share = 1 - survivors.length / chosen.length;
console.log(
  `${chosen.length - survivors.length} of ${chosen.length} killed (${
    (100 * share).toFixed(1)
  }%), ` +
    `${survivors.length} survive, ${unexplained} for no known reason`,
);
Deno.exit(share >= LEAST_KILLED && unexplained === 0 ? 0 : 1);

/** Takes mutants from the queue until it is empty. */
async function work() {
  const dir = await Deno.makeTempDir({ prefix: "mutants" });
  try {
    for (const path of [...COPIED, ...COPIED_TESTS]) copy(path, dir);
    for (const { name } of Deno.readDirSync(join(ROOT, "tests"))) {
      if (name.endsWith(".ts")) copy(`tests/${name}`, dir);
    }
    for (const file of files) {
      if (await testsPass(dir, file)) continue;
      throw new Error(`Cannot mutate kernels/${file}: its tests fail as it is`);
    }
    for (let mutant = queue.pop(); mutant; mutant = queue.pop()) {
      const path = join(dir, "kernels", mutant.file);
      const original = Deno.readTextFileSync(path);
      Deno.writeTextFileSync(path, mutant.text);
      if (await testsPass(dir, mutant.file)) survivors.push(mutant);
      Deno.writeTextFileSync(path, original);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function copy(path: string, dir: string) {
  const from = join(ROOT, path);
  const to = join(dir, path);
  if (!Deno.statSync(from).isDirectory) {
    Deno.mkdirSync(join(to, ".."), { recursive: true });
    Deno.copyFileSync(from, to);
    return;
  }
  for (const { name } of Deno.readDirSync(from)) copy(`${path}/${name}`, dir);
}

async function testsPass(dir: string, file: string): Promise<boolean> {
  const names = [...TESTED_BY[file] ?? [file.replace(".ts", "")], ...TESTS_OF_ALL];
  const tests = names.map((name) => `tests/kernels/${name}_test.ts`);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-R", "--no-check", "--no-lock", "--cached-only", "--fail-fast", ...tests],
    cwd: dir,
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).output();
  return success;
}
