import assert from "node:assert/strict";
import { join } from "node:path";
import { digestValue, filesBelow } from "../../../pipelines/compile/digest.ts";
import type { RunPlan } from "../../../pipelines/compile/run_plan.ts";
import { RunInterrupted, runStages } from "../../../pipelines/compile/run_stages.ts";
import { isThere } from "../../../runtime/atomic_file.ts";
import { flipByte } from "../../flip_byte.ts";
import { fakeHost, type FakeKind, fakeKinds, fakePlan, fakeStage, writeText } from "./_fake_run.ts";
import { withFolder } from "./_with_folder.ts";

/** Runs a plan; gives status and reason of each stage as `id status: why`. */
async function run(plan: RunPlan, kind: FakeKind = {}): Promise<string[]> {
  const report = await runStages(plan, fakeHost(), fakeKinds(kind));
  return Object.entries(report.stages).map(([id, { status, why }]) => `${id} ${status}: ${why}`);
}

const [a, b, c] = [fakeStage("a"), fakeStage("b", ["a"]), fakeStage("c", ["b"])];

Deno.test("runStages() runs each stage once and says what changed when it runs again", () =>
  withFolder(async (dir) => {
    assert.deepEqual(await run(fakePlan(dir, [a, b, c])), [
      "a ran: first run",
      "b ran: first run",
      "c ran: first run",
    ]);
    assert.equal(await Deno.readTextFile(join(dir, "c", "text.txt")), "a+b+c");
    const unchanged = ["a cached: unchanged", "b cached: unchanged", "c cached: unchanged"];
    assert.deepEqual(await run(fakePlan(dir, [a, b, c])), unchanged);
    const other = fakeStage("b", ["a"], { text: "B" });
    assert.deepEqual(await run(fakePlan(dir, [a, other, c])), [
      "a cached: unchanged",
      "b ran: text is B, was b",
      "c ran: input b changed",
    ]);
    assert.equal(await Deno.readTextFile(join(dir, "c", "text.txt")), "a+B+c");
  }));

Deno.test("runStages() runs everything again for another seed, and with --fresh", () =>
  withFolder(async (dir) => {
    await run(fakePlan(dir, [a, b]));
    assert.deepEqual(await run(fakePlan(dir, [a, b], { seed: 6 })), [
      "a ran: the seed changed",
      "b ran: the seed changed; input a changed",
    ]);
    assert.deepEqual(await run(fakePlan(dir, [a, b], { seed: 6, fresh: true })), [
      "a ran: --fresh",
      "b ran: --fresh",
    ]);
  }));

Deno.test("runStages() keys the engine only of kinds that compute", () =>
  withFolder(async (dir) => {
    const reference = { engine: { engine: "reference", reason: "asked for" } } as const;
    await run(fakePlan(dir, [a]));
    assert.deepEqual(await run(fakePlan(dir, [a], reference)), ["a cached: unchanged"]);
    await run(fakePlan(dir, [a]), { computes: true });
    assert.deepEqual(await run(fakePlan(dir, [a], reference), { computes: true }), [
      "a ran: engine is reference, was wasm",
    ]);
    const webgpu = (adapter: string) =>
      ({ engine: { engine: "webgpu", reason: "asked for", adapter } }) as const;
    await run(fakePlan(dir, [a], webgpu("one")), { computes: true });
    assert.deepEqual(await run(fakePlan(dir, [a], webgpu("other")), { computes: true }), [
      "a ran: adapter is other, was one",
    ]);
    const { engine } = JSON.parse(await Deno.readTextFile(join(dir, "manifest.json")));
    assert.deepEqual(engine, { name: "webgpu", reason: "asked for", adapter: "other" });
  }));

Deno.test("runStages() takes a trace for no output, and says which cached stages were not profiled", () =>
  withFolder(async (dir) => {
    const asked: unknown[] = [];
    const kind: FakeKind = {
      profiles: true,
      async run(context) {
        asked.push(context.compute.profile);
        if (context.compute.profile) await Deno.writeTextFile(`${context.dir}/trace.json`, "{}");
        return await writeText(context);
      },
    };
    const record = async () => JSON.parse(await Deno.readTextFile(join(dir, "a", "stage.json")));
    const without = async () => {
      const { seconds: _, sha256: __, ...rest } = await record();
      return rest;
    };
    assert.deepEqual(await run(fakePlan(dir, [a], { profile: true }), kind), ["a ran: first run"]);
    assert.equal(await isThere(join(dir, "a", "trace.json")), true);
    const profiled = await without();
    assert.deepEqual(Object.keys(profiled.outputs), ["text.txt"]);
    const host = fakeHost();
    await runStages(fakePlan(dir, [a], { profile: true }), host, fakeKinds(kind));
    assert.deepEqual(host.lines, [
      "a: cached",
      "a: was not profiled: it is cached (--fresh runs it again)",
    ]);
    await Deno.writeTextFile(join(dir, "a", "trace.json"), "damaged");
    assert.deepEqual(await run(fakePlan(dir, [a]), kind), ["a cached: unchanged"]);
    assert.deepEqual(await run(fakePlan(dir, [a], { fresh: true }), kind), ["a ran: --fresh"]);
    assert.equal(await isThere(join(dir, "a", "trace.json")), false);
    assert.deepEqual(await without(), profiled);
    assert.deepEqual(asked, [true, undefined]);
  }));

Deno.test("runStages() with `until` reaches that stage and those it needs", () =>
  withFolder(async (dir) => {
    const side = fakeStage("side", ["a"]);
    const plan = fakePlan(dir, [a, side, b, c], { until: "b" });
    assert.deepEqual(await run(plan), ["a ran: first run", "b ran: first run"]);
    const report = JSON.parse(await Deno.readTextFile(join(dir, "report.json")));
    assert.deepEqual(Object.keys(report.stages), ["a", "b"]);
  }));

Deno.test("runStages() runs a stage again whose files were touched", () =>
  withFolder(async (dir) => {
    await run(fakePlan(dir, [a]));
    await Deno.writeTextFile(join(dir, "a", "text.txt"), "longer");
    assert.deepEqual(await run(fakePlan(dir, [a])), [
      "a ran: output text.txt has 6 bytes, not 1",
    ]);
    await Deno.remove(join(dir, "a", "text.txt"));
    assert.deepEqual(await run(fakePlan(dir, [a])), ["a ran: output text.txt is missing"]);
    await Deno.utime(join(dir, "a", "text.txt"), 1, 1);
    assert.deepEqual(await run(fakePlan(dir, [a])), ["a cached: unchanged"]);
    await flipByte(join(dir, "a", "text.txt"), 0);
    assert.deepEqual(await run(fakePlan(dir, [a])), ["a ran: output text.txt changed"]);
    assert.equal(await Deno.readTextFile(join(dir, "a", "text.txt")), "a");
  }));

Deno.test("runStages() runs a stage again whose record lacks a part", () =>
  withFolder(async (dir) => {
    await run(fakePlan(dir, [a]));
    const path = join(dir, "a", "stage.json");
    const record = JSON.parse(await Deno.readTextFile(path));
    const parts = Object.keys(record);
    assert.equal(parts.length, 13);
    await Deno.writeTextFile(path, JSON.stringify({ ...record, seconds: record.seconds + 1 }));
    assert.deepEqual(await run(fakePlan(dir, [a])), ["a ran: its stage.json is damaged"]);
    for (const part of parts.filter((part) => part !== "key" && part !== "outputs")) {
      for (const wrong of [undefined, null]) {
        if (part === "config" && wrong === null) continue;
        const { sha256, ...changed } = { ...record, [part]: wrong };
        const right = part === "sha256" ? sha256 : digestValue(changed);
        await Deno.writeTextFile(path, JSON.stringify({ ...changed, sha256: right }));
        assert.deepEqual(await run(fakePlan(dir, [a])), ["a ran: its stage.json is damaged"], part);
      }
    }
  }));

Deno.test("runStages() keys files by content and name, not by where they are", () =>
  withFolder(async (dir) => {
    await Deno.mkdir(join(dir, "other"));
    const [here, there] = [join(dir, "x.txt"), join(dir, "other", "x.txt")];
    for (const path of [here, there]) await Deno.writeTextFile(path, "one");
    const read = (path: string) => ({ ...a, files: [{ path, location: "p.yaml:3:5" }] });
    const plan = (path: string) => fakePlan(join(dir, "out"), [read(path)]);
    await run(plan(here));
    assert.deepEqual(await run(plan(there)), ["a cached: unchanged"]);
    await Deno.writeTextFile(there, "two");
    assert.deepEqual(await run(plan(there)), ["a ran: input x.txt changed"]);
  }));

Deno.test("runStages() refuses content other than the sha256 before it writes anything", () =>
  withFolder(async (dir) => {
    const path = join(dir, "x.txt");
    await Deno.writeTextFile(path, "");
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const stage = (sha256: string) => ({ ...a, files: [{ path, sha256, location: "p.yaml:3:5" }] });
    const out = join(dir, "out");
    await assert.rejects(run(fakePlan(out, [stage("0".repeat(64))])), {
      message: `p.yaml:3:5: Cannot run stage a: the sha256 of ${path} is ${empty}, ` +
        `expected ${"0".repeat(64)}`,
    });
    assert.equal(await isThere(out), false);
    assert.deepEqual(await run(fakePlan(out, [stage(empty)])), ["a ran: first run"]);
  }));

Deno.test("runStages() with `locked` names the inputs that are not those of the manifest", () =>
  withFolder(async (dir) => {
    const [x, y] = [join(dir, "x.txt"), join(dir, "y.txt")];
    for (const path of [x, y]) await Deno.writeTextFile(path, "one");
    const file = (path: string) => ({ path, location: "p.yaml:3:5" });
    const stages = [{ ...a, files: [file(x)] }];
    const plan = fakePlan(join(dir, "out"), stages, { locked: true });
    await assert.rejects(run(plan), /^Error: Cannot run locked: .*out has no manifest.json, run /);
    await run({ ...plan, locked: false });
    assert.deepEqual(await run(plan), ["a cached: unchanged"]);
    await Deno.writeTextFile(x, "two");
    const more = { ...plan, stages: [{ ...a, files: [file(x), file(y)] }] };
    await assert.rejects(
      run(more),
      /^Error: Cannot run locked: the sha256 of input \.\.\/x\.txt is 3fc4cc\w+, in the manifest it is 7692c3\w+; input \.\.\/y\.txt is not in the manifest$/,
    );
    assert.deepEqual(
      JSON.parse(await Deno.readTextFile(join(dir, "out", "report.json"))).stages.a.status,
      "cached",
      "a refused run leaves the folder as it was",
    );
  }));

Deno.test("runStages() writes the files of the run folder, and no others", () =>
  withFolder(async (dir) => {
    const started = performance.now();
    await run(fakePlan(dir, [a, b]));
    const names = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
    assert.deepEqual(names, [
      "a",
      "b",
      "manifest.json",
      "report.html",
      "report.json",
      "resolved.yaml",
    ]);
    assert.deepEqual([...Deno.readDirSync(join(dir, "b"))].map(({ name }) => name).sort(), [
      "sluice_key",
      "stage.json",
      "text.txt",
    ]);
    const report = JSON.parse(await Deno.readTextFile(join(dir, "report.json")));
    const { seconds } = report.stages.a;
    assert.ok(seconds >= 0 && seconds < (performance.now() - started) / 1000);
    assert.deepEqual(report, {
      name: "fake",
      seed: 5,
      engine: "wasm",
      devices: 1,
      stages: {
        a: { kind: "fake", status: "ran", seconds, why: "first run", metrics: { length: 1 } },
        b: {
          kind: "fake",
          status: "ran",
          seconds: report.stages.b.seconds,
          why: "first run",
          metrics: { length: 3 },
        },
      },
    });
    const record = JSON.parse(await Deno.readTextFile(join(dir, "b", "stage.json")));
    assert.match(record.key, /^[0-9a-f]{64}$/);
    assert.equal(record.kind, "fake");
    assert.deepEqual(Object.keys(record.inputs), ["a"]);
    assert.deepEqual(Object.keys(record.outputs), ["text.txt"]);
  }));

Deno.test("runStages() keeps an old result until the new one is complete, and resumes that", () =>
  withFolder(async (dir) => {
    await run(fakePlan(dir, [a]));
    const changed = fakeStage("a", [], { text: "A" });
    const seen: string[][] = [];
    const look = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const failing: FakeKind = {
      async run(context) {
        seen.push(look(context.dir));
        await Deno.writeTextFile(join(context.dir, "half.txt"), "half");
        throw new Error("Cannot go on: no more disk");
      },
    };
    await assert.rejects(run(fakePlan(dir, [changed]), failing), {
      message: "a: Cannot go on: no more disk",
    });
    assert.equal(await Deno.readTextFile(join(dir, "a", "text.txt")), "a");
    assert.match(await Deno.readTextFile(join(dir, "error.txt")), /no more disk\n +at /);
    const going: FakeKind = {
      async run(context) {
        seen.push(look(context.dir));
        await Deno.remove(join(context.dir, "half.txt"));
        await Deno.writeTextFile(join(context.dir, "left.tmp"), "from a crash");
        return await writeText(context);
      },
    };
    assert.deepEqual(await run(fakePlan(dir, [changed]), going), [
      "a ran: was interrupted",
    ]);
    assert.deepEqual(seen, [["sluice_key"], ["half.txt", "sluice_key"]]);
    assert.deepEqual(look(join(dir, "a")), ["sluice_key", "stage.json", "text.txt"]);
    assert.equal(await Deno.readTextFile(join(dir, "a", "text.txt")), "A");
    assert.equal(await isThere(join(dir, "error.txt")), false);
    assert.equal(await isThere(join(dir, "lock")), false);
  }));

Deno.test("runStages() gives what another configuration left half done to nobody", () =>
  withFolder(async (dir) => {
    const failing: FakeKind = {
      run(context) {
        Deno.writeTextFileSync(join(context.dir, "half.txt"), "half");
        throw new Error("Cannot go on");
      },
    };
    await assert.rejects(run(fakePlan(dir, [a]), failing));
    assert.deepEqual(await run(fakePlan(dir, [fakeStage("a", [], { text: "A" })])), [
      "a ran: first run",
    ]);
    assert.equal(await isThere(join(dir, "a", "half.txt")), false);
    await assert.rejects(run(fakePlan(dir, [a]), failing));
    await run(fakePlan(dir, [a], { fresh: true }));
    assert.equal(await isThere(join(dir, "a", "half.txt")), false);
  }));

Deno.test("runStages() stops between and within stages when interrupted", () =>
  withFolder(async (dir) => {
    const controller = new AbortController();
    const kind = fakeKinds({
      run(context) {
        if (context.id === "a") return writeText(context);
        controller.abort(new RunInterrupted("stop"));
        throw context.signal.reason;
      },
    });
    const plan = fakePlan(dir, [a, b, c]);
    await assert.rejects(runStages(plan, fakeHost(controller.signal), kind), RunInterrupted);
    assert.deepEqual(await run(plan), [
      "a cached: unchanged",
      "b ran: was interrupted",
      "c ran: first run",
    ]);
    assert.equal(await isThere(join(dir, "error.txt")), false);
    await assert.rejects(
      runStages(fakePlan(dir, [a]), fakeHost(controller.signal), fakeKinds()),
      RunInterrupted,
    );
  }));

Deno.test("runStages() ends with a failure that its stage does not await, and gives the folder back", () =>
  withFolder(async (dir) => {
    const failure = Promise.withResolvers<never>();
    const kind = fakeKinds({
      run() {
        failure.reject(new Error("it broke"));
        return new Promise(() => {});
      },
    });
    const host = { ...fakeHost(), failure: failure.promise };
    await assert.rejects(runStages(fakePlan(dir, [a]), host, kind), { message: "a: it broke" });
    assert.match(await Deno.readTextFile(join(dir, "error.txt")), /^Error: it broke\n/);
    assert.equal(await isThere(join(dir, "lock")), false);
  }));

Deno.test("runStages() gives a stage its files in their order, named below their common folder", () =>
  withFolder(async (dir) => {
    const paths = ["data/b/2.txt", "data/1.txt"].map((name) => join(dir, name));
    await Deno.mkdir(join(dir, "data", "b"), { recursive: true });
    for (const path of paths) await Deno.writeTextFile(path, path.endsWith("1.txt") ? "one" : "2");
    const files = paths.map((path) => ({ path, location: "p.yaml:1:1" }));
    let given: unknown;
    const kind = fakeKinds({
      run(context) {
        given = context.files;
        return Promise.resolve({});
      },
    });
    await runStages(fakePlan(join(dir, "out"), [{ ...a, files }]), fakeHost(), kind);
    assert.deepEqual(given, [
      { path: paths[0], name: "b/2.txt", bytes: 1 },
      { path: paths[1], name: "1.txt", bytes: 3 },
    ]);
  }));

Deno.test("runStages() lets a stage read only the stages that it names", () =>
  withFolder(async (dir) => {
    const reading: FakeKind = {
      run({ id, input }) {
        if (id === "c") input("a");
        return Promise.resolve({});
      },
    };
    await assert.rejects(run(fakePlan(dir, [a, b, c]), reading), {
      message: "c: Cannot read stage a in c: its inputs are [b]",
    });
  }));

Deno.test("runStages() refuses kinds that are not in the table before it writes anything", () =>
  withFolder(async (dir) => {
    const out = join(dir, "out");
    const plan = fakePlan(out, [a, { ...b, kind: "bake" }]);
    await assert.rejects(run(plan), {
      message: "Cannot run a stage of kind bake: this version runs fake",
    });
    assert.equal(await isThere(out), false);
  }));

Deno.test("runStages() replaces no folder that is not a stage's", () =>
  withFolder(async (dir) => {
    assert.deepEqual(await run(fakePlan(dir, [a])), ["a ran: first run"]);
    await Deno.mkdir(join(dir, "b"));
    await Deno.writeTextFile(join(dir, "b", "mine.txt"), "mine");
    await assert.rejects(run(fakePlan(dir, [a, b])), {
      message: `Cannot write to ${join(dir, "b")}: it has mine.txt but no sluice_key, nor ` +
        "a whole stage.json, so it is not a stage's folder; move it away or choose another --out",
    });
    for (const record of ["{", "{}", '{"key":1,"outputs":{}}']) {
      await Deno.writeTextFile(join(dir, "b", "stage.json"), record);
      await assert.rejects(run(fakePlan(dir, [a, b])), /b: it has mine\.txt but no sluice_key, /);
    }
    assert.equal(await Deno.readTextFile(join(dir, "b", "mine.txt")), "mine");
    await Deno.remove(join(dir, "b", "stage.json"));
    await Deno.rename(join(dir, "b"), join(dir, "c.partial"));
    await assert.rejects(
      run(fakePlan(dir, [a, b, c])),
      /c\.partial: it has mine\.txt but no sluice_key, /,
    );
    await Deno.rename(join(dir, "c.partial"), join(dir, "c.old"));
    await assert.rejects(
      run(fakePlan(dir, [a, b, c])),
      /c\.old: it has mine\.txt but no sluice_key, /,
    );
    await Deno.writeTextFile(join(dir, "d"), "mine");
    await assert.rejects(run(fakePlan(dir, [a, fakeStage("d")])), /d: it is not a folder; /);
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), [
      "a",
      "c.old",
      "d",
      "manifest.json",
      "report.html",
      "report.json",
      "resolved.yaml",
    ]);
  }));

Deno.test("runStages() knows a stage of an earlier version, without a key, by its record", () =>
  withFolder(async (dir) => {
    await run(fakePlan(dir, [a]));
    await Deno.remove(join(dir, "a", "sluice_key"));
    assert.deepEqual(await run(fakePlan(dir, [a])), ["a cached: unchanged"]);
    assert.deepEqual(await run(fakePlan(dir, [a], { seed: 2 })), ["a ran: the seed changed"]);
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), [
      "a",
      "manifest.json",
      "report.html",
      "report.json",
      "resolved.yaml",
    ]);
  }));

Deno.test("runStages() leaves a folder alone that is not a run's", () =>
  withFolder(async (dir) => {
    const mine = ["a/thesis.txt", "a.old/x", "b.partial/x", "error.txt", "lock"];
    for (const folder of ["a", "a.old", "b.partial"]) await Deno.mkdir(join(dir, folder));
    for (const path of mine) await Deno.writeTextFile(join(dir, path), "mine");
    await assert.rejects(run(fakePlan(dir, [a, b])), {
      message:
        `Cannot run in ${dir}: it has a but no manifest.json, so it is not the folder of a ` +
        "run; choose another --out",
    });
    for (const manifest of ["", "{}", '{"name":"x","inputs":[]}']) {
      await Deno.writeTextFile(join(dir, "manifest.json"), manifest);
      await assert.rejects(
        run(fakePlan(dir, [a, b], { locked: true })),
        /^Error: Cannot read .*manifest\.json: it is not the manifest of a run; /,
      );
    }
    await Deno.remove(join(dir, "manifest.json"));
    assert.deepEqual((await filesBelow(dir)).sort(), mine.sort());
    for (const path of mine) assert.equal(await Deno.readTextFile(join(dir, path)), "mine");
  }));

Deno.test("runStages() takes over what a run left that ended before its manifest or a key", () =>
  withFolder(async (dir) => {
    await Deno.writeTextFile(join(dir, "lock"), "1\n");
    await Deno.writeTextFile(join(dir, "manifest.json.tmp"), "{");
    assert.deepEqual(await run(fakePlan(dir, [a])), ["a ran: first run"]);
    await Deno.mkdir(join(dir, "b.partial"));
    await Deno.writeTextFile(join(dir, "b.partial", "sluice_key.tmp"), "1");
    assert.deepEqual(await run(fakePlan(dir, [a, b])), [
      "a cached: unchanged",
      "b ran: first run",
    ]);
  }));

Deno.test("runStages() does not replace what it is to read", () =>
  withFolder(async (dir) => {
    const out = join(dir, "out");
    await run(fakePlan(out, [a]));
    const paths = [join(out, "a", "text.txt"), join(out, "b.old", "x"), join(out, "report.json")];
    for (const path of paths) {
      const stage = { ...b, files: [{ path, location: "p.yaml:1:1" }] };
      await assert.rejects(run(fakePlan(out, [a, stage])), {
        message: `Cannot run in ${out}: the run reads ${path} and would replace it; ` +
          "choose another --out",
      });
    }
    const pipelineFiles = [join(out, "resolved.yaml")];
    assert.deepEqual(await run(fakePlan(out, [a], { pipelineFiles })), ["a cached: unchanged"]);
  }));

Deno.test("runStages() with `locked` finds an input that is gone, and minds `until`", () =>
  withFolder(async (dir) => {
    const [x, y] = [join(dir, "x.txt"), join(dir, "y.txt")];
    for (const path of [x, y]) await Deno.writeTextFile(path, "one");
    const out = join(dir, "out");
    const file = (path: string) => ({ path, location: "p.yaml:3:5" });
    const [first, second] = [{ ...a, files: [file(x)] }, { ...b, files: [file(x), file(y)] }];
    const plan = fakePlan(out, [first, second]);
    await run(plan);
    await assert.rejects(
      run({ ...plan, stages: [first, { ...b, files: [file(x)] }], locked: true }),
      { message: "Cannot run locked: input ../y.txt of the manifest is gone" },
    );
    // What `until` leaves out is neither read nor forgotten.
    await Deno.remove(y);
    const until = { ...plan, locked: true, until: "a" };
    assert.deepEqual(await run(until), ["a cached: unchanged"]);
    const { inputs } = JSON.parse(await Deno.readTextFile(join(out, "manifest.json")));
    assert.deepEqual(
      Object.entries(inputs).map(([path, input]) => [path, (input as { stages: string[] }).stages]),
      [["../x.txt", ["a", "b"]], ["../y.txt", ["b"]]],
    );
    await Deno.writeTextFile(y, "one");
    assert.deepEqual(await run({ ...plan, locked: true }), [
      "a cached: unchanged",
      "b cached: unchanged",
    ]);
  }));

Deno.test("runStages() resumes an interrupted --fresh, though the old result is there", () =>
  withFolder(async (dir) => {
    await run(fakePlan(dir, [a]));
    const failing: FakeKind = {
      async run(context) {
        await Deno.writeTextFile(join(context.dir, "half.txt"), "half");
        throw new Error("Cannot go on");
      },
    };
    await assert.rejects(run(fakePlan(dir, [a], { fresh: true }), failing));
    const report = JSON.parse(await Deno.readTextFile(join(dir, "report.json")));
    assert.deepEqual(report.stages, {}, "the report is that of the run that failed");
    assert.deepEqual(await run(fakePlan(dir, [a])), ["a ran: was interrupted"]);
    assert.equal(await isThere(join(dir, "a", "half.txt")), true);
  }));

Deno.test("runStages() goes on with an interrupted --fresh at the stages that it had not reached", () =>
  withFolder(async (dir) => {
    await run(fakePlan(dir, [a, b, c]));
    const failing: FakeKind = {
      run(context) {
        if (context.id === "a") return writeText(context);
        throw new Error("Cannot go on");
      },
    };
    await assert.rejects(run(fakePlan(dir, [a, b, c], { fresh: true }), failing));
    assert.equal(await Deno.readTextFile(join(dir, "fresh")), "b\nc\n");
    assert.deepEqual(await run(fakePlan(dir, [a, b, c], { until: "b" })), [
      "a cached: unchanged",
      "b ran: was interrupted",
    ]);
    assert.deepEqual(await run(fakePlan(dir, [a, b, c])), [
      "a cached: unchanged",
      "b cached: unchanged",
      "c ran: --fresh was interrupted",
    ]);
    assert.equal(await isThere(join(dir, "fresh")), false);
  }));

Deno.test("runStages() keys a mesh by its axes of more than one device", () =>
  withFolder(async (dir) => {
    await run(fakePlan(dir, [a]), { computes: true });
    assert.deepEqual(await run(fakePlan(dir, [a], { mesh: { dp: 1 } }), { computes: true }), [
      "a cached: unchanged",
    ]);
    assert.deepEqual(await run(fakePlan(dir, [a], { mesh: { dp: 2 } }), { computes: true }), [
      "a ran: mesh.dp is 2, was not set",
    ]);
  }));

Deno.test("runStages() says which run folder it cannot make", () =>
  withFolder(async (dir) => {
    const out = join(dir, "file");
    await Deno.writeTextFile(out, "");
    await assert.rejects(run(fakePlan(out, [a])), {
      message: `Cannot write to ${out}: it is not a folder; choose another --out`,
    });
  }));
