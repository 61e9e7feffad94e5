import assert from "node:assert/strict";
import { cutMetrics, readMetrics } from "../../../pipelines/train/metrics_lines.ts";
import { trainModel } from "../../../pipelines/train/train_model.ts";
import { readSafetensors } from "../../../runtime/safetensors.ts";
import { flipByte } from "../../flip_byte.ts";
import { type ToyOptions, toyTraining } from "./_toy_training.ts";

async function inFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Paths and contents of everything below a folder but timings. */
function snapshot(dir: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of Deno.readDirSync(`${dir}/${below}`)) {
    const path = `${below}${entry.name}`;
    if (entry.isDirectory) Object.assign(found, snapshot(dir, `${path}/`));
    else if (path !== "timing.jsonl") {
      found[path] = new TextDecoder("latin1").decode(Deno.readFileSync(`${dir}/${path}`));
    }
  }
  return found;
}

/** 1, 2, ... `last` */
function range(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

/** Throws at every `period`-th run of a program. */
function crashAt(period: number): () => void {
  let runs = 0;
  return () => {
    if (++runs % period === 0) throw new Error("crash");
  };
}

/** What an uninterrupted training leaves. */
async function uninterrupted(options: Omit<ToyOptions, "dir"> = {}) {
  let found: Record<string, string> = {};
  await inFolder(async (dir) => {
    await trainModel(toyTraining({ dir, ...options }));
    found = snapshot(dir);
  });
  return found;
}

Deno.test("trainModel() writes a line per step, with held-out losses where they are due", () =>
  inFolder(async (dir) => {
    const lines = await trainModel(toyTraining({ dir }));
    assert.deepEqual(lines.map(({ step }) => step), range(45));
    assert.deepEqual(
      lines.filter((line) => line.val_loss !== undefined).map(({ step }) => step),
      [7, 14, 21, 28, 35, 42, 45],
    );
    const { step, tokens, lr } = lines[2];
    assert.deepEqual({ step, tokens, lr }, { step: 3, tokens: 96, lr: 0.1 * 0.75 });
    assert.equal(lines[44].lr, 0);
    const text = await Deno.readTextFile(`${dir}/metrics.jsonl`);
    assert.equal(text, lines.map((line) => JSON.stringify(line) + "\n").join(""));
    assert.deepEqual(Object.keys(lines[6]), [
      "step",
      "tokens",
      "loss",
      "lr",
      "grad_norm",
      "val_loss",
    ]);
    const timing = (await Deno.readTextFile(`${dir}/timing.jsonl`)).trim().split("\n");
    assert.equal(timing.length, 45);
    assert.deepEqual(Object.keys(JSON.parse(timing[9])), ["step", "step_ms", "tokens_per_s"]);
  }));

Deno.test("trainModel() predicts every held-out token but the first once", () =>
  inFolder(async (dir) => {
    const [line] = await trainModel(toyTraining({ dir, steps: 1, heldOut: 30 }));
    // The toy's loss of a token is its target plus the first weight.
    const { tensors } = await readSafetensors(`${dir}/checkpoint/state/optimizer.safetensors`);
    const weight = tensors.get("param/w")!.data[0];
    const sum = Array.from({ length: 29 }, (_, i) => weight + (i + 1) % 29);
    const expected = sum.reduce((a, b) => a + b, 0) / 29;
    assert.ok(Math.abs(line.val_loss! - expected) < 1e-12);
  }));

Deno.test("trainModel() leaves held-out losses out if nothing is held out", () =>
  inFolder(async (dir) => {
    const lines = await trainModel(toyTraining({ dir, steps: 7, heldOut: 0 }));
    assert.ok(lines.every((line) => !("val_loss" in line)));
  }));

Deno.test("trainModel() gives the same files again, and others for another seed", async () => {
  const first = await uninterrupted();
  assert.deepEqual(Object.keys(first).toSorted(), [
    "checkpoint/config.json",
    "checkpoint/model.safetensors",
    "checkpoint/state/optimizer.safetensors",
    "checkpoint/state/state.json",
    "checkpoint/tokenizer.json",
    "metrics.jsonl",
  ]);
  assert.deepEqual(await uninterrupted(), first);
  assert.notEqual((await uninterrupted({ seed: 18 }))["metrics.jsonl"], first["metrics.jsonl"]);
});

Deno.test("trainModel() gives the same files after a crash at any run of a program", async () => {
  for (const keep of [1, 3]) {
    const config = { checkpoint: { every: 10, keep } };
    const expected = await uninterrupted({ config });
    for (let crashes = 1; crashes < 150; crashes += 13) {
      await inFolder(async (dir) => {
        const onRun = crashAt(crashes);
        // A crash every 34 runs or more lets the training reach its next checkpoint.
        for (let tries = 0; tries < 10 && crashes > 33; tries++) {
          try {
            await trainModel(toyTraining({ dir, config, onRun }));
            break;
          } catch (error) {
            assert.match(String(error), /crash/);
          }
        }
        await trainModel(toyTraining({ dir, config }));
        assert.deepEqual(snapshot(dir), expected);
      });
    }
  }
});

Deno.test("trainModel() goes on from what a killed process leaves half written", async () => {
  const expected = await uninterrupted();
  await inFolder(async (dir) => {
    const onRun = crashAt(115);
    await assert.rejects(trainModel(toyTraining({ dir, onRun })), {
      message: "Cannot take step 33 of train: crash",
    });
    const append = { append: true };
    await Deno.writeTextFile(`${dir}/metrics.jsonl`, '{"step":31,"tokens":99', append);
    await Deno.writeTextFile(`${dir}/timing.jsonl`, '{"st', append);
    await Deno.mkdir(`${dir}/checkpoint.tmp`);
    await Deno.writeTextFile(`${dir}/checkpoint.tmp/model.safetensors`, "half");
    const log: string[] = [];
    await trainModel(toyTraining({ dir, log }));
    assert.deepEqual(log, ["goes on from the checkpoint at step 30"]);
    assert.deepEqual(snapshot(dir), expected);
    const timing = (await Deno.readTextFile(`${dir}/timing.jsonl`)).trim().split("\n");
    assert.deepEqual(timing.map((line) => JSON.parse(line).step), range(45));
  });
});

Deno.test("trainModel() keeps as many checkpoints as asked for", async () => {
  const files = await uninterrupted({ config: { checkpoint: { every: 10, keep: 3 } } });
  const folders = new Set(Object.keys(files).map((path) => path.split("/")[0]));
  assert.deepEqual([...folders].toSorted(), [
    "checkpoint",
    "checkpoint-30",
    "checkpoint-40",
    "metrics.jsonl",
  ]);
  assert.equal(JSON.parse(files["checkpoint/state/state.json"]).step, 45);
  assert.equal(JSON.parse(files["checkpoint-30/state/state.json"]).step, 30);
});

Deno.test("trainModel() saves a checkpoint when interrupted, and goes on from it", () =>
  inFolder(async (dir) => {
    const config = { checkpoint: { every: 0, keep: 1 } };
    const expected = await uninterrupted({ config });
    const controller = new AbortController();
    let updates = 0;
    const onRun = (program: string) => {
      if (program === "update" && ++updates === 23) controller.abort(new Error("stopped"));
    };
    const { signal } = controller;
    const log: string[] = [];
    await assert.rejects(trainModel(toyTraining({ dir, config, onRun, signal, log })), {
      message: "stopped",
    });
    await trainModel(toyTraining({ dir, config, log }));
    assert.deepEqual(log, [
      "saved a checkpoint at step 23",
      "goes on from the checkpoint at step 23",
    ]);
    assert.deepEqual(snapshot(dir), expected);
  }));

Deno.test("trainModel() makes good a held-out loss that an interruption cut off", async () => {
  const config = { checkpoint: { every: 7, keep: 3 } };
  const expected = await uninterrupted({ config });
  // Held-out losses are measured in 4 batches after 7 steps: also in the middle and at the end.
  for (
    const { last, step } of [{ last: 2, step: 7 }, { last: 14, step: 28 }, { last: 26, step: 45 }]
  ) {
    await inFolder(async (dir) => {
      const log: string[] = [];
      for (const interrupted of [last, 1]) {
        const controller = new AbortController();
        let runs = 0;
        const onRun = (program: string) => {
          if (program === "evaluate" && ++runs === interrupted) {
            controller.abort(new Error("stopped"));
          }
        };
        const { signal } = controller;
        await assert.rejects(trainModel(toyTraining({ dir, config, onRun, signal, log })), {
          message: "stopped",
        });
      }
      const lines = await trainModel(toyTraining({ dir, config, log }));
      assert.deepEqual(log, [
        `saved a checkpoint at step ${step}`,
        `goes on from the checkpoint at step ${step}`,
        `saved a checkpoint at step ${step}`,
        `goes on from the checkpoint at step ${step}`,
      ]);
      assert.equal(lines.length, 45);
      assert.deepEqual(snapshot(dir), expected);
    });
  }
});

Deno.test("trainModel() does nothing more when all steps are done", () =>
  inFolder(async (dir) => {
    const lines = await trainModel(toyTraining({ dir }));
    const onRun = () => assert.fail("a program ran");
    assert.deepEqual(await trainModel(toyTraining({ dir, onRun })), lines);
  }));

Deno.test("trainModel() starts anew where a checkpoint or its metrics cannot be used", async () => {
  const expected = await uninterrupted();
  const none = "starts anew: there is no checkpoint that can be used";
  const noMetrics = (last: number) => [
    `checkpoint cannot be used: it is of step 45, metrics.jsonl ends at step ${last}`,
    none,
  ];
  const changed = (path: string) => [`checkpoint cannot be used: ${path} changed`, none];
  const state = "checkpoint/state/state.json";
  const unreadable = ["checkpoint cannot be used: state/state.json cannot be read", none];
  const spoil: [change: (dir: string) => Promise<void>, lines: string[]][] = [
    [(dir) => Deno.writeTextFile(`${dir}/metrics.jsonl`, '{"step":1,'), noMetrics(0)],
    [(dir) => Deno.remove(`${dir}/metrics.jsonl`), noMetrics(0)],
    [(dir) => cutMetrics(dir, 44), noMetrics(44)],
    [(dir) => flipByte(`${dir}/metrics.jsonl`, -2), noMetrics(44)],
    [(dir) => flipByte(`${dir}/metrics.jsonl`, 33), changed("metrics.jsonl")],
    [(dir) => flipByte(`${dir}/checkpoint/model.safetensors`, -1), changed("model.safetensors")],
    [(dir) => flipByte(`${dir}/checkpoint/config.json`, 0), changed("config.json")],
    [
      (dir) => flipByte(`${dir}/checkpoint/state/optimizer.safetensors`, -9),
      changed("state/optimizer.safetensors"),
    ],
    [
      (dir) => Deno.remove(`${dir}/checkpoint/tokenizer.json`),
      ["checkpoint cannot be used: tokenizer.json is missing", none],
    ],
    [(dir) => flipByte(`${dir}/${state}`, 13), unreadable],
    [(dir) => Deno.remove(`${dir}/${state}`), unreadable],
    [(dir) => Deno.writeTextFile(`${dir}/${state}`, "null"), unreadable],
    [
      (dir) => trainModel({ ...toyTraining({ dir }), digest: "another" }).then(() => {}),
      ["starts anew: the checkpoint there is of other settings, another model or another seed"],
    ],
  ];
  for (const [change, lines] of spoil) {
    await inFolder(async (dir) => {
      await trainModel(toyTraining({ dir }));
      await change(dir);
      const log: string[] = [];
      await trainModel(toyTraining({ dir, log }));
      assert.deepEqual(log, lines);
      assert.deepEqual(snapshot(dir), expected);
    });
  }
});

Deno.test("trainModel() goes on from the latest checkpoint that is whole", async () => {
  const config = { checkpoint: { every: 10, keep: 3 } };
  const expected = await uninterrupted({ config });
  const spoil: [paths: readonly string[], step: number][] = [
    [[], 45],
    [["checkpoint/model.safetensors"], 40],
    [["checkpoint/state/state.json", "checkpoint-40/config.json"], 30],
    [["checkpoint-40/model.safetensors"], 45],
  ];
  for (const [paths, step] of spoil) {
    await inFolder(async (dir) => {
      await trainModel(toyTraining({ dir, config }));
      for (const path of paths) await flipByte(`${dir}/${path}`, -2);
      const log: string[] = [];
      await trainModel(toyTraining({ dir, config, log }));
      assert.equal(log.at(-1), `goes on from the checkpoint at step ${step}`);
      if (step < 45) assert.deepEqual(snapshot(dir), expected);
    });
  }
});

Deno.test("trainModel() stops at a loss that is not finite and names the documents", () =>
  inFolder(async (dir) => {
    let updates = 0;
    const onRun = (program: string, buffers: Map<string, Float64Array>) => {
      if (program === "update") updates++;
      if (program === "step" && updates === 33) buffers.get("param/w")!.fill(NaN);
    };
    await assert.rejects(trainModel(toyTraining({ dir, onRun })), {
      message: "Cannot train train beyond step 34: the loss is NaN; " +
        `the last good checkpoint, ${dir}/checkpoint, is of step 30; ` +
        "the documents of the step are doc-8, doc-7, doc-6, doc-5",
    });
    // Steps are read several at a time: the good ones before the bad one are written.
    assert.equal((await readMetrics(dir)).length, 33);
    const timings = (await Deno.readTextFile(`${dir}/timing.jsonl`)).trim().split("\n");
    assert.deepEqual(timings.map((line) => JSON.parse(line).step), range(33));
  }));

Deno.test("trainModel() writes the steps before a held-out loss that is not finite", () =>
  inFolder(async (dir) => {
    const onRun = (program: string, buffers: Map<string, Float64Array>) => {
      if (program === "evaluate") buffers.get("param/w")!.fill(NaN);
    };
    const config = { eval: { every: 7 } };
    await assert.rejects(trainModel(toyTraining({ dir, config, onRun })), {
      message:
        /^Cannot train train beyond step 7: the held-out loss is NaN; there is no checkpoint/,
    });
    const lines = await readMetrics(dir);
    assert.deepEqual(lines.map(({ step }) => step), range(7));
    assert.ok(lines.every(({ val_loss }) => val_loss === undefined));
  }));

Deno.test("trainModel() publishes no checkpoint whose gradients were not finite", () =>
  inFolder(async (dir) => {
    const onRun = (program: string, buffers: Map<string, Float64Array>) => {
      if (program === "update") buffers.get("grad/w")![0] = Infinity;
    };
    await assert.rejects(trainModel(toyTraining({ dir, steps: 1, onRun })), {
      message: "Cannot train train beyond step 1: the norm of the gradients is Infinity; " +
        "there is no checkpoint; the documents of the step are doc-5, doc-0, doc-1, doc-6, doc-7, doc-4",
    });
    assert.deepEqual(Object.keys(snapshot(dir)), ["metrics.jsonl"]);
  }));

Deno.test("trainModel() saves every twentieth of the steps, but 50 apart, unless it is told otherwise", () =>
  inFolder(async (dir) => {
    const stopAt = async (steps: number, at: number) => {
      const log: string[] = [];
      const config = { checkpoint: { keep: 1 } };
      const options = { dir, config, steps, log, heldOut: 0 };
      const training = toyTraining({ ...options, onRun: crashAt(3 * at + 1) });
      await assert.rejects(trainModel(training), /crash/);
      await trainModel(toyTraining(options));
      await Deno.remove(`${dir}/checkpoint`, { recursive: true });
      await Deno.remove(`${dir}/metrics.jsonl`);
      return log;
    };
    assert.deepEqual(await stopAt(120, 101), ["goes on from the checkpoint at step 100"]);
    assert.deepEqual(await stopAt(2000, 299), ["goes on from the checkpoint at step 200"]);
    assert.deepEqual(await stopAt(120, 40), ["there is no checkpoint yet: starts again"]);
  }));
