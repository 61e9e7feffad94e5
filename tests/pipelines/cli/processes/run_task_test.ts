import assert from "node:assert/strict";
import { join } from "node:path";
import { isThere } from "../../../../runtime/atomic_file.ts";
import {
  call,
  dataPipeline,
  ended,
  type Result,
  ROOT,
  spawn,
  taskArgs,
  withPipeline,
} from "./_sluice.ts";

/** Status and reason of each stage of a call with `--json`, as `id status: why`. */
function stagesOf({ code, out, err }: Result): string[] {
  assert.equal(code, 0, err);
  const report: { stages: Record<string, { status: string; why: string }> } = JSON.parse(out);
  return Object.entries(report.stages).map(([id, { status, why }]) => `${id} ${status}: ${why}`);
}

/** The end of a process whose standard output nobody reads. */
async function endedSilently(process: Deno.ChildProcess): Promise<Omit<Result, "out">> {
  const [err, { code }] = await Promise.all([
    new Response(process.stderr).text(),
    process.status,
  ]);
  return { code, err };
}

/** A stack trace has lines such as `    at run (file:///...)`. */
function assertNoTrace({ out, err }: Result): void {
  assert.doesNotMatch(out + err, /^\s+at |Uncaught|Deno\.errors|node_modules/m);
}

Deno.test("run works in the caller's folder and takes finished stages from the run folder", () =>
  withPipeline(async (dir) => {
    const first = await call(dir, "run", "data.yaml");
    assert.equal(first.code, 0, first.err);
    const lines = first.out.split("\n").map((line) => line.replace(/in [\d.]+ s/, "in TIME"));
    assert.deepEqual(lines, [
      `data: seed 3, ${join(dir, "runs", "data")}`,
      lines[1],
      "corpus: runs (first run)",
      "corpus: ran in TIME, documents 60, bytes 1,120, set_aside 0",
      "clean: runs (first run)",
      "clean: ran in TIME, documents_in 60, kept 50, dropped 10",
      "tokens: runs (first run)",
      lines[7],
      "about: runs (first run)",
      "about: ran in TIME",
      `report: ${join(dir, "runs", "data", "report.html")}`,
      "",
    ]);
    assert.match(lines[1], /^engine wasm, \d+ threads? \(auto: there is no model to compute\)$/);
    assert.match(lines[7], /^tokens: ran in TIME, documents 50, tokens \d+, train_tokens \d+, /);
    const again = await call(dir, "run", "--", "data.yaml", "--json");
    assert.deepEqual(stagesOf(again), [
      "corpus cached: unchanged",
      "clean cached: unchanged",
      "tokens cached: unchanged",
      "about cached: unchanged",
    ]);
    assert.match(again.err, /^data: seed 3/);
    const quiet = await call(dir, "run", "data.yaml", "--quiet");
    assert.deepEqual(quiet, { code: 0, out: "", err: "" });
  }));

Deno.test("run runs again what a change reaches, and nothing for another spelling", () =>
  withPipeline(async (dir) => {
    await call(dir, "run", "data.yaml");
    const block = dataPipeline
      .replace("{kind: filter, from: clean", "{from: clean, kind: filter")
      .replace(
        "rules: [exact_dedup, {length: {min: 4}}]",
        'rules: [exact_dedup, {"length": {min: 0x4}}]',
      );
    await Deno.writeTextFile(join(dir, "data.yaml"), `# The same.\n${block}`);
    const same = stagesOf(await call(dir, "run", "data.yaml", "--json"));
    assert.ok(same.every((stage) => stage.endsWith("cached: unchanged")), same.join("\n"));
    const set = ["--set", "stages.tokens.seq=9", "--json"];
    assert.deepEqual(stagesOf(await call(dir, "run", "data.yaml", ...set)), [
      "corpus cached: unchanged",
      "clean cached: unchanged",
      "tokens ran: seq is 9, was 8",
      "about ran: input tokens changed",
    ]);
    await Deno.writeTextFile(
      join(dir, "text.txt"),
      "other text of some length\n".repeat(9) + "end\n",
    );
    const until = ["--until", "clean", "--json"];
    assert.deepEqual(stagesOf(await call(dir, "run", "data.yaml", ...until)), [
      "corpus ran: input text.txt changed",
      "clean ran: input corpus changed",
    ]);
  }));

Deno.test("run of resolved.yaml elsewhere makes the same bytes", () =>
  withPipeline(async (dir) => {
    await call(dir, "run", "data.yaml", "--set", "stages.clean.rules=[{length: {min: 15}}]");
    const elsewhere = join(dir, "else", "where");
    await Deno.mkdir(elsewhere, { recursive: true });
    const path = join("..", "..", "runs", "data", "resolved.yaml");
    const { code, err } = await call(elsewhere, "run", path, "--out", "copy");
    assert.equal(code, 0, err);
    for (const file of ["clean/stage.json", "tokens/stage.json"]) {
      const [a, b] = [join(dir, "runs", "data"), join(elsewhere, "copy")].map((folder) => {
        const { key, outputs } = JSON.parse(Deno.readTextFileSync(join(folder, file)));
        return { key, outputs };
      });
      assert.deepEqual(a, b);
    }
  }));

Deno.test("run reads the files of a glob", () =>
  withPipeline(async (dir) => {
    await Deno.mkdir(join(dir, "plays"));
    for (const name of ["b.txt", "a.txt"]) {
      await Deno.writeTextFile(join(dir, "plays", name), `${name} has one line\n`);
    }
    const set = ["--set", "stages.corpus.read=plays/*.txt", "--until", "corpus"];
    const { code, out, err } = await call(dir, "run", "data.yaml", ...set);
    assert.equal(code, 0, err);
    assert.match(out, /^corpus: ran in .*, documents 2, bytes 36, set_aside 0$/m);
    const { inputs } = JSON.parse(
      await Deno.readTextFile(join(dir, "runs", "data", "manifest.json")),
    );
    assert.deepEqual(Object.keys(inputs), ["../../plays/a.txt", "../../plays/b.txt"]);
  }));

Deno.test("run --locked names the input that changed", () =>
  withPipeline(async (dir) => {
    await call(dir, "run", "data.yaml");
    assert.equal((await call(dir, "run", "data.yaml", "--locked")).code, 0);
    await Deno.writeTextFile(join(dir, "text.txt"), "changed\n");
    const result = await call(dir, "run", "data.yaml", "--locked");
    assert.equal(result.code, 1);
    assert.match(
      result.err,
      /^error: Cannot run locked: the sha256 of input \.\.\/\.\.\/text\.txt is \w{64}, in the manifest it is \w{64}\n$/,
    );
  }));

const refused: readonly [string, readonly string[], RegExp][] = [
  [
    "a wrong value",
    ["data.yaml", "--set", "stages.tokens.seq=many"],
    /^--set stages\.tokens\.seq: .*expected an integer of 1 or more\n$/,
  ],
  ["a file that is not there", ["date.yaml"], /^date\.yaml:1:1: .*there is no such file\n$/],
  [
    "an engine that is not there",
    ["data.yaml", "--engine", "cuda"],
    /expected one of auto, webgpu, /,
  ],
  [
    "a larger mesh",
    ["data.yaml", "--set", "mesh.dp=2"],
    /^--set mesh\.dp: mesh\.dp is 2, expected 1: this version runs on one device/,
  ],
  ["an unknown stage", ["data.yaml", "--until", "clear"], /did you mean "clean"\?\n$/],
  [
    "a folder without a name",
    ["data.yaml", "--out", ""],
    /^error: Cannot run in a folder without a name: /,
  ],
  [
    "a flag of later",
    ["data.yaml", "--shard", "1/2"],
    /^error: Cannot read --shard: runs in several processes /,
  ],
  [
    "an unknown flag",
    ["data.yaml", "--frsh"],
    /did you mean --fresh\?\nusage: deno task run FILE /,
  ],
  ["no file", [], /^error: Cannot start: no pipeline file was given\nusage: /],
];
for (const [what, args, message] of refused) {
  Deno.test(`run refuses ${what} without a trace in the folder`, () =>
    withPipeline(async (dir) => {
      const result = await call(dir, "run", ...args);
      assert.equal(result.code, 1);
      assert.match(result.err, message);
      assert.equal(result.out, "");
      assertNoTrace(result);
      assert.equal(await isThere(join(dir, "runs")), false);
    }));
}

Deno.test("run ends with status 1 and one line when a stage fails", () =>
  withPipeline(async (dir) => {
    await Deno.writeTextFile(join(dir, "text.txt"), "");
    const result = await call(dir, "run", "data.yaml", "--json");
    assert.equal(result.code, 1);
    const { errors } = JSON.parse(result.out);
    assert.equal(errors.length, 1);
    assert.match(errors[0].message, /^corpus: .*Cannot read any document: /);
    assertNoTrace(result);
    assert.match(await Deno.readTextFile(join(dir, "runs", "data", "error.txt")), /^\s+at /m);
  }));

Deno.test("run goes on when nobody reads what it prints", () =>
  withPipeline(async (dir) => {
    const process = spawn(dir, taskArgs("run", ["data.yaml"]));
    await process.stdout.cancel();
    const { code, err } = await endedSilently(process);
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(await isThere(join(dir, "runs", "data", "about", "report.html")), true);
    assert.equal(await isThere(join(dir, "runs", "data", "lock")), false);
  }));

Deno.test("run refuses a folder that has other things and leaves them as they are", () =>
  withPipeline(async (dir) => {
    await Deno.mkdir(join(dir, "corpus"));
    const mine = ["corpus/thesis.txt", "lock", "error.txt"];
    for (const name of mine) await Deno.writeTextFile(join(dir, name), "mine");
    const result = await call(dir, "run", "data.yaml", "--out", ".");
    assert.equal(result.code, 1);
    assert.match(result.err, /^error: Cannot run in .*: it has corpus but no manifest\.json, /);
    for (const name of mine) assert.equal(await Deno.readTextFile(join(dir, name)), "mine");
  }));

Deno.test("run tells a wrong flag as JSON when it is asked for", () =>
  withPipeline(async (dir) => {
    const result = await call(dir, "run", "data.yaml", "--json", "--frsh");
    assert.equal(result.code, 1);
    assert.match(JSON.parse(result.out).errors[0].message, /did you mean --fresh\?$/);
  }));

/** A run that takes long enough to be met while it works. */
async function startLongRun(dir: string) {
  const lock = join(dir, "runs", "long", "lock");
  await Deno.writeTextFile(
    join(dir, "long.yaml"),
    "{version: 1, name: long, stages: {world: {kind: documents, generate: small_world, count: 9000000}}}",
  );
  const process = spawn(dir, taskArgs("run", ["long.yaml"]));
  const end = ended(process);
  const pid = async () => await isThere(lock) ? await Deno.readTextFile(lock) : "";
  while (await pid() !== `${process.pid}\n`) await new Promise((go) => setTimeout(go, 20));
  while (!await isThere(join(dir, "runs", "long", "world.partial", "sluice_key"))) {
    await new Promise((go) => setTimeout(go, 20));
  }
  return { process, end };
}

Deno.test("run lets one process into a run folder and stops at Ctrl-C with a way to resume", () =>
  withPipeline(async (dir) => {
    const { process, end } = await startLongRun(dir);
    const second = await call(dir, "run", "long.yaml");
    assert.equal(second.code, 1);
    assert.equal(
      second.err,
      `error: Cannot run in ${
        join(dir, "runs", "long")
      }: process ${process.pid} is running there, ` +
        "wait for its end or stop it\n",
    );
    process.kill("SIGINT");
    const first = await end;
    assert.equal(first.code, 130);
    assert.equal(
      first.err,
      `interrupted; resume with: deno task --cwd ${ROOT.slice(0, -1)} run long.yaml\n`,
    );
    assert.equal(await isThere(join(dir, "runs", "long", "lock")), false);
  }));

Deno.test("run takes over the folder of a process that was killed", () =>
  withPipeline(async (dir) => {
    const { process, end } = await startLongRun(dir);
    process.kill("SIGKILL");
    await end;
    assert.equal(
      await Deno.readTextFile(join(dir, "runs", "long", "lock")),
      `${process.pid}\n`,
      "nobody has removed the lock",
    );
    const set = ["--set", "stages.world.count=20", "--json"];
    assert.deepEqual(stagesOf(await call(dir, "run", "long.yaml", ...set)), [
      "world ran: first run",
    ]);
    assert.equal(await isThere(join(dir, "runs", "long", "lock")), false);
  }));
