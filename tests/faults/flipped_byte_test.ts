import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { filesBelow } from "../../pipelines/compile/digest.ts";
import { runPipeline } from "../../pipelines/compile/run_pipeline.ts";
import { isThere } from "../../runtime/atomic_file.ts";
import { flipByte } from "../flip_byte.ts";
import { withFolder } from "../pipelines/compile/_with_folder.ts";
import { differences } from "./_check_fault.ts";
import { installDisk } from "./faulty_disk.ts";
import {
  copyFolder,
  runShort,
  type ShortChanges,
  snapshot,
  writeCorpus,
} from "./_short_pipeline.ts";

/** Files of a run folder that every run writes anew, whatever is in them. */
const REWRITTEN = ["manifest.json", "report.html", "report.json", "resolved.yaml"];

/** Flips a byte of a file; every other time its time becomes another one too. */
async function damage(path: string, at: number, turn: number): Promise<void> {
  await flipByte(path, at);
  if (turn % 2 === 1) await Deno.utime(path, 1, 1);
}

/**
 * Whether a damaged file is one of an earlier checkpoint that was kept, which is not made again;
 * and `path`, if given, one that differs by that: its own, or a record of a stage that depends on
 * it.
 */
function hasKept(damaged: string, path?: string): boolean {
  const kept = /(^|\/)checkpoint-\d+\//;
  if (!kept.test(damaged)) return false;
  return path === undefined || kept.test(path) || /\/(stage\.json|sluice_key)$/.test(path);
}

/** Runs the pipeline in a folder with a damaged file; gives what it logs, or the error. */
async function runDamaged(dir: string, out: string, changes: ShortChanges): Promise<string[]> {
  const log: string[] = [];
  try {
    await runShort(dir, out, changes, (line) => log.push(line));
  } catch (error) {
    return [`error: ${(error as Error).message}`];
  }
  return log;
}

Deno.test("a run takes no artifact with a flipped byte for what was written", () =>
  withFolder(async (dir) => {
    await writeCorpus(dir);
    const [whole, out] = [join(dir, "whole"), join(dir, "out")];
    await runShort(dir, whole);
    const expected = await snapshot(whole);
    const paths = await filesBelow(whole);
    assert.ok(paths.length > 35);
    for (const [turn, path] of paths.entries()) {
      await copyFolder(whole, out);
      const { size } = await Deno.stat(join(out, path));
      await damage(join(out, path), size >> 1, turn);
      const log = await runDamaged(dir, out, {});
      const [stage, ...rest] = path.split("/");
      const said = log.join("\n");
      if (rest.length === 0) {
        assert.ok(REWRITTEN.includes(path), path);
        assert.doesNotMatch(said, /error|runs/, path);
      } else if (rest[0] === "sluice_key") {
        assert.doesNotMatch(said, /error|runs/, path);
        await Deno.copyFile(join(whole, path), join(out, path));
      } else if (rest[0] === "stage.json") {
        assert.match(said, /: runs \(its stage\.json is damaged\)$/m, path);
      } else {
        const changed = `${stage}: runs (output ${rest.join("/")} changed)`;
        const runs = log.filter((line) => line.includes("runs"));
        assert.deepEqual(hasKept(path) ? runs.slice(0, 1) : runs, [changed]);
      }
      const wrong = await differences(out, expected);
      assert.deepEqual(wrong.filter((other) => !hasKept(path, other)), [], path);
      await Deno.remove(out, { recursive: true });
    }
  }));

Deno.test("a run whose last stages changed reads no artifact with a flipped byte", () =>
  withFolder(async (dir) => {
    await writeCorpus(dir);
    const [whole, other, out] = ["whole", "other", "out"].map((name) => join(dir, name));
    await runShort(dir, whole);
    const changes = { prompt: "and so" };
    await runShort(dir, other, changes);
    const expected = await snapshot(other);
    const paths = (await filesBelow(whole)).filter((path) =>
      /^(clean|tokens|model)\//.test(path) && !/(stage\.json|sluice_key)$/.test(path)
    );
    for (const [turn, path] of paths.filter((_, i) => i % 2 === 0).entries()) {
      await copyFolder(whole, out);
      await damage(join(out, path), -3, turn);
      const log = await runDamaged(dir, out, changes);
      assert.match(
        log.join("\n"),
        /runs \(output .* changed\)$/m,
        path,
      );
      const wrong = await differences(out, expected);
      assert.deepEqual(wrong.filter((other) => !hasKept(path, other)), [], path);
      await Deno.remove(out, { recursive: true });
    }
  }));

Deno.test("a run goes on from no part of an interrupted one that has a flipped byte", () =>
  withFolder(async (dir) => {
    await writeCorpus(dir);
    const [half, out] = [join(dir, "half"), join(dir, "out")];
    let last: number;
    {
      using disk = installDisk(out, "error", Infinity);
      await runShort(dir, out);
      last = disk.calls.findLastIndex(({ op, path }) => op === "sync" && /metrics/.test(path));
    }
    const expected = await snapshot(out);
    await Deno.remove(out, { recursive: true });
    {
      using _ = installDisk(half, "kill", last);
      await assert.rejects(runShort(dir, half), /killed/);
    }
    const paths = (await filesBelow(half)).filter((path) => path.startsWith("model.partial/"));
    assert.ok(paths.includes("model.partial/checkpoint/state/state.json"), paths.join());
    for (const [turn, path] of paths.entries()) {
      await copyFolder(half, out);
      await damage(
        join(out, path),
        Math.min(40, (await Deno.stat(join(out, path))).size - 1),
        turn,
      );
      const log = await runDamaged(dir, out, {});
      assert.deepEqual(await differences(out, expected), [], `${path}: ${log.join("\n")}`);
      await Deno.remove(out, { recursive: true });
    }
  }));

Deno.test("a finished training with a damaged file goes on from its latest checkpoint that is whole", () =>
  withFolder(async (dir) => {
    await writeCorpus(dir);
    const [whole, out] = [join(dir, "whole"), join(dir, "out")];
    await runShort(dir, whole);
    const expected = await snapshot(whole);
    const cases: readonly (readonly [string, string, string])[] = [
      ["timing.jsonl", "output timing.jsonl changed", "goes on from the checkpoint at step 4"],
      ["stage.json", "its stage.json is damaged", "goes on from the checkpoint at step 4"],
      [
        "checkpoint/tokenizer.json",
        "output checkpoint/tokenizer.json changed",
        "checkpoint cannot be used: tokenizer.json changed|goes on from the checkpoint at step 2",
      ],
      [
        "checkpoint-2/config.json",
        "output checkpoint-2/config.json changed",
        "keeps checkpoint-2: config.json changed|goes on from the checkpoint at step 4",
      ],
      [
        "checkpoint-2/state/state.json",
        "output checkpoint-2/state/state.json changed",
        "keeps checkpoint-2: state/state.json cannot be read|goes on from the checkpoint at step 4",
      ],
      [
        "checkpoint-2/model.safetensors",
        "output checkpoint-2/model.safetensors changed",
        "removes checkpoint-2: model.safetensors changed|goes on from the checkpoint at step 4",
      ],
    ];
    for (const [name, why, said] of cases) {
      await copyFolder(whole, out);
      await flipByte(join(out, "model", name), 1);
      const log = await runDamaged(dir, out, {});
      const told = log.filter((line) => line.startsWith("model: ")).slice(0, -1);
      assert.deepEqual(told, [`runs (${why})`, ...said.split("|")].map((line) => `model: ${line}`));
      const wrong = (await differences(out, expected)).filter((path) => !hasKept(name, path));
      assert.deepEqual(wrong, [], name);
      const weights = join(out, "model/checkpoint-2/model.safetensors");
      assert.equal(await isThere(weights), name !== "checkpoint-2/model.safetensors", name);
      await Deno.remove(out, { recursive: true });
    }
  }));

Deno.test("a run with a damaged manifest.json, and any stage.json, is still known for one", () =>
  withFolder(async (dir) => {
    await writeCorpus(dir);
    const out = join(dir, "out");
    await runShort(dir, out);
    const expected = await snapshot(out);
    for (const text of ["", "{", "null"]) {
      await Deno.writeTextFile(join(out, "manifest.json"), text);
      await Deno.writeTextFile(join(out, "tokens", "stage.json"), text);
      await Deno.remove(join(out, "judged", "stage.json"));
      const log = await runDamaged(dir, out, {});
      assert.deepEqual(log.filter((line) => /error|runs/.test(line)), [
        "tokens: runs (its stage.json is damaged)",
        "judged: runs (its stage.json is missing)",
      ]);
      assert.deepEqual(await differences(out, expected), []);
    }
  }));

Deno.test("a run with any byte of a stage.json flipped runs the stage again", () =>
  withFolder(async (dir) => {
    await writeCorpus(dir);
    const out = join(dir, "out");
    await runShort(dir, out);
    const path = join(out, "judged", "stage.json");
    const record = await Deno.readFile(path);
    for (let at = 0; at < record.length; at += 41) {
      await Deno.writeFile(path, record);
      await flipByte(path, at);
      const log = (await runDamaged(dir, out, {})).filter((line) => /error|runs/.test(line));
      assert.deepEqual(log, ["judged: runs (its stage.json is damaged)"], `byte ${at}`);
    }
  }));

Deno.test("a pipeline takes no weights, shapes or tokenizer of a checkpoint with a flipped byte", () =>
  withFolder(async (dir) => {
    await writeCorpus(dir);
    await runShort(dir, join(dir, "trained"));
    const checkpoint = join(dir, "trained", "model", "checkpoint");
    const pipeline = {
      version: 1,
      name: "reading",
      models: { base: { from: checkpoint } },
      stages: {
        judged: { kind: "eval", models: "base", generate: { prompts: ["and"], max_tokens: 2 } },
      },
    };
    const run = () =>
      runPipeline(pipeline, { out: join(dir, "out"), cwd: dir, engine: "wasm", threads: 1 });
    await run();
    const model = join(checkpoint, "model.safetensors");
    const state = join(checkpoint, "state", "state.json");
    for (
      const path of [model, join(checkpoint, "tokenizer.json"), join(checkpoint, "config.json")]
    ) {
      await flipByte(path, -4);
      const error = (await run().catch((error) => error)) as Error;
      assert.ok(error instanceof Error, path);
      assert.ok(error.message.includes(relative(dir, path)), error.message);
      await flipByte(path, -4);
    }
    await flipByte(model, -1);
    const digest = JSON.parse(await Deno.readTextFile(state)).files["model.safetensors"];
    const said = `expected ${digest} as ${state} has it; if it was changed on purpose, remove ` +
      dirname(state);
    await assert.rejects(run(), ({ message }: Error) => message.endsWith(said));
    await flipByte(model, -1);
    await flipByte(state, 30);
    await assert.rejects(run(), ({ message }: Error) => message.includes("/state.json is damaged"));
    await flipByte(state, 30);
    assert.equal((await run()).stages.judged.status, "cached");
  }));
