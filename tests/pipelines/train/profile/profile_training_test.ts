import assert from "node:assert/strict";
import type { Compute } from "../../../../pipelines/compile/stage_kind.ts";
import type { TrainConfig } from "../../../../pipelines/schema/definitions.ts";
import type { TraceEvent } from "../../../../pipelines/train/profile/trace_text.ts";
import { trainStage } from "../../../../pipelines/train/train_stage.ts";
import { isThere } from "../../../../runtime/atomic_file.ts";
import { webgpuTest } from "../../../webgpu_engine.ts";
import { stageContext, writeTokens } from "../_stage_context.ts";

const MODELS = `
models:
  llama: {use: decoder, dims: {layers: 2, embed: 32, heads: 4, kv_heads: 2, head_dim: 8, mlp: 64, vocab: auto}}
`;
const config = {
  kind: "train",
  model: "llama",
  data: "tokens",
  batch: 4,
  accumulate: 2,
  order: "shuffled",
  optimizer: {
    kind: "adamw",
    lr: 3e-3,
    betas: [0.9, 0.99],
    eps: 1e-8,
    weight_decay: 0.1,
    decay: "matrices",
  },
  schedule: { kind: "constant", warmup: 5 },
  clip: 1,
  z_loss: 0,
  eval: { every: 12 },
  checkpoint: { every: 15, keep: 1 },
  steps: 24,
} satisfies TrainConfig;

/** What a training left behind. */
interface Left {
  readonly metrics: string;
  readonly model: Uint8Array;
  readonly trace: string | undefined;
  readonly lines: readonly string[];
}

async function train(
  engine: Pick<Compute, "engine" | "threads" | "profile">,
  changes: Partial<TrainConfig> = {},
): Promise<Left> {
  const root = await Deno.makeTempDir();
  try {
    const [dir, tokensDir] = [`${root}/train`, `${root}/tokens`];
    await Deno.mkdir(dir);
    await Deno.mkdir(tokensDir);
    await writeTokens(tokensDir, 16);
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    const all = { ...config, ...changes } as TrainConfig;
    const context = { config: all, compute: engine, dir, tokensDir, models: MODELS, log };
    await trainStage.run(stageContext(context));
    return {
      metrics: await Deno.readTextFile(`${dir}/metrics.jsonl`),
      model: await Deno.readFile(`${dir}/checkpoint/model.safetensors`),
      trace: await isThere(`${dir}/trace.json`)
        ? await Deno.readTextFile(`${dir}/trace.json`)
        : undefined,
      lines,
    };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** The slices of each track, by its name. */
function tracksOf(trace: string | undefined): Map<string, TraceEvent[]> {
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(trace ?? "{}");
  const named = traceEvents.filter(({ name }) => name === "thread_name");
  return new Map(named.map(({ tid, args }) => [
    String(args?.name),
    traceEvents.filter((event) => event.ph === "X" && event.tid === tid),
  ]));
}

const sum = (slices: readonly TraceEvent[]) => slices.reduce((all, { dur }) => all + dur!, 0);

/** What holds for every trace of ten steps of the model. */
function checkTracks(tracks: Map<string, TraceEvent[]>): void {
  for (const [track, slices] of tracks) {
    slices.slice(1).forEach(({ ts, name }, i) => {
      const before = slices[i];
      // Sums of decimal microseconds are exact to a fraction of a nanosecond only.
      assert.ok(ts! + 1e-4 >= before.ts! + before.dur!, `${track}: ${name} at ${ts}`);
    });
    for (const { dur } of slices) assert.ok(dur! >= 0);
  }
  const steps = tracks.get("steps")!;
  const names = Array.from({ length: 10 }, (_, i) => `step ${11 + i}`);
  assert.deepEqual(steps.map(({ name }) => name), names);
}

/** Launches of a track: without the waits, and without what the host does. */
const launchesOf = (slices: readonly TraceEvent[]) =>
  slices.filter(({ cat }) => cat === "step" || cat === "update");

function checkLaunches(slices: readonly TraceEvent[]): void {
  const launches = launchesOf(slices);
  const q = launches.filter(({ name }) => name === "einsum layers.1.attention.q");
  // Two parts of ten steps, forward; and backward at least once.
  assert.ok(q.length >= 40 && q.length % 20 === 0, `${q.length} launches of q`);
  const { args } = q[0];
  assert.equal(args?.flops, 2 * 2 * 16 * 32 * 32);
  assert.equal(args?.bytes, 4 * (2 * 16 * 32 + 32 * 32 + 2 * 16 * 32));
  assert.equal(args?.program, "step");
  assert.ok(launches.some(({ cat }) => cat === "update"));
}

const hostNames = (slices: readonly TraceEvent[]) =>
  new Set(slices.filter(({ cat }) => cat === "host").map(({ name }) => name));
const HOST = [
  "read tokens",
  "write tokens",
  "write targets",
  "write accumulating",
  "write lr",
  "write correction1",
  "write correction2",
  "snapshot loss, grad_norm",
  "read losses",
  "write metrics",
  "held-out loss",
  "checkpoint",
];

for (const threads of [1, 2]) {
  Deno.test(`a profile on wasm changes no number and shows every launch (${threads} threads)`, async () => {
    const plain = await train({ engine: "wasm", threads });
    const profiled = await train({ engine: "wasm", threads, profile: true });
    assert.equal(profiled.metrics, plain.metrics);
    assert.deepEqual(profiled.model, plain.model);
    assert.equal(plain.trace, undefined);
    assert.deepEqual(plain.lines, []);
    const tracks = tracksOf(profiled.trace);
    const others = Array.from({ length: threads - 1 }, (_, i) => `thread ${i + 1}`);
    assert.deepEqual([...tracks.keys()], ["steps", "host, thread 0", ...others]);
    checkTracks(tracks);
    const host = tracks.get("host, thread 0")!;
    // The last thread has a share of every launch: of its units, the last.
    checkLaunches(tracks.get(others.at(-1) ?? "host, thread 0")!);
    assert.deepEqual([...hostNames(host)].sort(), HOST.toSorted());
    // Thread 0 does all of a step: launches, waits and the host's part fill it but for small gaps.
    const steps = sum(tracks.get("steps")!);
    assert.ok(sum(host) <= steps && sum(host) >= 0.3 * steps, `${sum(host)} of ${steps} us`);
    for (const name of others) assert.ok(sum(tracks.get(name)!) <= steps, name);
    const [head, columns, ...rows] = profiled.lines;
    assert.match(head, /^profile of steps 11 to 20, \d+\.\d{3} ms\/step: train\/trace\.json, /);
    assert.match(columns, /^ms\/step +share +GFLOP\/s +GB\/s +launches +kernel$/);
    assert.equal(rows.length, 12);
    for (const row of rows.slice(0, 10)) {
      assert.match(row, /^ *\d+\.\d{3} +\d+\.\d% +(\d+\.\d|-) +(\d+\.\d|-) +\d+(\.\d)? +\S/);
    }
    assert.match(rows[10], /^ms\/step of all \d+ kernels: \d+\.\d+ \(\d+\.\d%\), each as long as /);
    assert.match(rows[11], /^ms\/step of the host: read tokens \d+\.\d{3}, write \d+\.\d{3}, /);
  });
}

webgpuTest("a profile on webgpu changes no number and shows what host and GPU do", async () => {
  const plain = await train({ engine: "webgpu", threads: 1 });
  const profiled = await train({ engine: "webgpu", threads: 1, profile: true });
  assert.equal(profiled.metrics, plain.metrics);
  assert.deepEqual(profiled.model, plain.model);
  const tracks = tracksOf(profiled.trace);
  checkTracks(tracks);
  const host = tracks.get("host")!;
  assert.deepEqual([...hostNames(host)].sort(), [...HOST, "run step", "run update"].sort());
  const steps = sum(tracks.get("steps")!);
  assert.ok(sum(host) <= steps);
  const gpu = tracks.get("gpu");
  // Where the adapter writes no timestamps, the log says so.
  if (gpu === undefined) return assert.match(profiled.lines[1], /has no timestamp-query/);
  checkLaunches(gpu);
  assert.ok(sum(gpu) <= 1.02 * steps && sum(gpu) > 0.05 * steps, `${sum(gpu)} of ${steps} us`);
  assert.equal(profiled.lines.length, 14);
});

Deno.test("a profile of few steps takes those there are", async () => {
  const { trace, lines } = await train({ engine: "wasm", threads: 1, profile: true }, { steps: 3 });
  const names = tracksOf(trace).get("steps")!.map(({ name }) => name);
  assert.deepEqual(names, ["step 1", "step 2", "step 3"]);
  assert.match(lines[0], /^profile of steps 1 to 3, /);
});

Deno.test("a profile on the reference engine says that it has no launches", async () => {
  const short = { steps: 1, eval: { every: 0 } };
  const left = await train({ engine: "reference", threads: 1, profile: true }, short);
  assert.deepEqual([...tracksOf(left.trace).keys()], ["steps", "host"]);
  assert.equal(left.lines[1], "profile: engine reference measures no launches");
  assert.equal(left.lines.length, 3);
});
