/**
 * Runs the short pipeline on a disk that fails at one call, and checks that nothing is lost by it.
 */

import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { filesBelow } from "../../pipelines/compile/digest.ts";
import { findDamage, readRecord } from "../../pipelines/compile/stage_record.ts";
import { isThere } from "../../runtime/atomic_file.ts";
import { type DiskCall, type Fault, installDisk } from "./faulty_disk.ts";
import {
  copyFolder,
  runShort,
  type ShortChanges,
  snapshot,
  STAGES,
  writeCorpus,
} from "./_short_pipeline.ts";

/**
 * What a run folder may hold when the disk fails: nothing, or a finished run of another pipeline.
 */
export interface Situation {
  /** Where the corpus is, and the finished runs `new` and `old`. */
  readonly dir: string;
  /** What an undisturbed run leaves. */
  readonly expected: Readonly<Record<string, string>>;
  /** The older run: what differs in its pipeline, and what it left. */
  readonly older?: {
    readonly changes: ShortChanges;
    readonly left: Readonly<Record<string, string>>;
  };
  /** The calls of an undisturbed run. */
  readonly calls: readonly DiskCall[];
}

/**
 * Runs the pipeline undisturbed, in an empty folder or after a run of a pipeline with `changes`.
 */
export async function prepare(dir: string, changes?: ShortChanges): Promise<Situation> {
  await writeCorpus(dir);
  const out = join(dir, "run");
  if (changes !== undefined) {
    await runShort(dir, out, changes);
    await copyFolder(out, join(dir, "old"));
  }
  using disk = installDisk(out, "error", Infinity);
  await runShort(dir, out);
  const older = changes === undefined
    ? {}
    : { older: { changes, left: await snapshot(join(dir, "old")) } };
  return { dir, expected: await snapshot(out), ...older, calls: disk.calls };
}

/** Checks a fault at call `at`. Says in a word what came of it. */
export async function checkFault(
  situation: Situation,
  fault: Fault,
  at: number,
): Promise<"failed" | "went on"> {
  const { dir, expected, older, calls } = situation;
  const out = join(dir, "run");
  await Deno.remove(out, { recursive: true });
  if (older !== undefined) await copyFolder(join(dir, "old"), out);
  const { op, path } = calls[at];
  const place = `${fault} at call ${at}, ${op} ${path}`;
  let failure: Error | undefined;
  let made: readonly DiskCall[];
  {
    using disk = installDisk(out, fault, at);
    try {
      await runShort(dir, out);
    } catch (error) {
      failure = error as Error;
    }
    made = disk.calls.slice(0, at);
  }
  // A lock that cannot be removed is as one of a dead process, and no failure.
  const remains = op === "remove" && path === "lock" && fault !== "full" ? ["lock"] : [];
  if (failure === undefined) assert.deepEqual(await differences(out, expected), remains, place);
  else if (fault !== "kill") checkMessage(failure.message, out, path, fault, place);
  if (fault === "short") assert.equal(failure, undefined, place);
  await checkFolder(situation, out, made, fault, place);
  const back = older !== undefined && at % 2 === 1;
  await runShort(dir, out, back ? older.changes : {});
  const wrong = await differences(out, back ? older.left : expected);
  // What is half done of another pipeline stays until that one is run again.
  const left = wrong.filter((path) => !back || !/^\w+\.partial\//.test(path));
  assert.deepEqual(left, [], `a clean run after ${place}`);
  return failure === undefined ? "went on" : "failed";
}

/** Paths of a run folder whose content is not the expected one. */
export async function differences(
  out: string,
  expected: Readonly<Record<string, string>>,
): Promise<string[]> {
  const found = await snapshot(out);
  return Object.keys({ ...expected, ...found }).filter((path) => found[path] !== expected[path]);
}

/** An error says what could not be written, and why; where a stage runs, which one. */
function checkMessage(message: string, out: string, path: string, fault: Fault, place: string) {
  const [, begin, verb, named, note] =
    /^(\w+: |)Cannot (write|remove|make the folder) (\S+): (?:input\/output error|no space left on the device)(; what was finished before stands)?$/
      .exec(message) ?? assert.fail(`${place}: ${message}`);
  // A run that cannot even begin has nothing to say of what is there.
  const begins = named === join(out, "lock") || (named === out && verb === "make the folder");
  assert.equal(note === undefined, begins, place);
  const [stage] = relative(out, named).split(/[./]/);
  if ((STAGES as readonly string[]).includes(stage)) assert.equal(begin, `${stage}: `, place);
  // A full disk may go unnoticed until something needs room.
  if (fault === "full") assert.ok(named.startsWith(out), `${place}: ${message}`);
  else assert.equal(named, join(out, path).replace(/(\.\w+|sluice_key)\.tmp$/, "$1"), place);
}

/** Nothing half-written stands under a final name, and what was finished is there. */
async function checkFolder(
  { expected, older }: Situation,
  out: string,
  made: readonly DiskCall[],
  fault: Fault,
  place: string,
) {
  if (!await isThere(out)) return;
  const allowed = [expected, older?.left ?? {}];
  for (const path of await filesBelow(out)) {
    if (path.endsWith(".tmp") || path.includes(".tmp/") || path.includes(".old/")) continue;
    const bytes = await Deno.readFile(join(out, path));
    const text = new TextDecoder("latin1").decode(bytes);
    assert.ok(isWhole(path, text, allowed), `${path} after ${place}`);
  }
  for (const id of STAGES) {
    const published = made.some(({ op, path }) => op === "rename" && path === id);
    if (!published && older === undefined) continue;
    const dirs = fault === "kill" ? [id, `${id}.old`] : [id];
    const found = await Promise.all(dirs.map((name) => isIntact(join(out, name))));
    assert.ok(found.includes(true), `${id} after ${place}`);
  }
}

async function isIntact(dir: string): Promise<boolean> {
  const record = await readRecord(dir);
  return record !== undefined && await findDamage(dir, record) === undefined;
}

/** True if a file has the content that it has in one of the finished runs. */
function isWhole(
  path: string,
  text: string,
  runs: readonly Readonly<Record<string, string>>[],
): boolean {
  const [folder, ...rest] = path.split("/");
  const name = rest.at(-1) ?? folder;
  switch (name) {
    case "lock":
    case "error.txt":
      return true;
    case "sluice_key":
      return text.length === 64;
    case "stage.json":
    case "report.json":
      return typeof JSON.parse(text) === "object";
    case "report.html":
      return text.trimEnd().endsWith("</html>");
    case "timing.jsonl":
      return true;
  }
  const stage = folder.replace(/\.partial$/, "");
  const contents = runs.flatMap((run) =>
    Object.entries(run).filter(([path]) =>
      rest.length === 0 ? path === name : path.startsWith(`${stage}/`) && path.endsWith(`/${name}`)
    ).map(([, content]) => content)
  );
  // Lines are appended to it while its stage runs.
  if (name === "metrics.jsonl" && folder !== stage) {
    return contents.some((content) => content.startsWith(text)) || hasWholeLines(text, contents);
  }
  return contents.includes(text);
}

/**
 * True if a file has the first lines of a finished one; the held-out loss of the last may be
 * missing.
 */
function hasWholeLines(text: string, contents: readonly string[]): boolean {
  const lines = text.split("\n").slice(0, -1);
  return contents.some((content) =>
    lines.every((line, i) => content.split("\n")[i].startsWith(line.replace(/}$/, "")))
  );
}
