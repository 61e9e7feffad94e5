/** `bench`: how fast this machine computes, beside its own limits. */

import { messageOf } from "../../runtime/system_reason.ts";
import { suggest } from "../schema/suggest.ts";
import { attentionBench } from "./bench/attention_bench.ts";
import type { Bench } from "./bench/bench.ts";
import {
  type BenchEngine,
  benchEngineNames,
  describeBenchEngine,
  findBenchEngines,
} from "./bench/bench_engine.ts";
import { type BenchFigures, jsonLine, readableLine } from "./bench/bench_line.ts";
import { compileBench } from "./bench/compile_bench.ts";
import { COPIED_BYTES, type Limits } from "./bench/limits.ts";
import { matmulBench } from "./bench/matmul_bench.ts";
import { memoryBench } from "./bench/memory_bench.ts";
import { stepBench } from "./bench/step_bench.ts";
import { median } from "./bench/stopwatch.ts";
import type { Command } from "./command.ts";
import { choiceOf, countOf, FlagError } from "./flags.ts";
import { quietDrivers } from "./quiet_drivers.ts";
import { showBytes } from "./show_bytes.ts";

/** In the order in which they run: memory is measured while the process is still small. */
const benches: Readonly<Record<string, Bench>> = {
  memory: memoryBench,
  compile: compileBench,
  matmul: matmulBench,
  attention: attentionBench,
  step: stepBench,
};

/**
 * Prints a line per shape and engine; then the limits that were measured beside them. Where a shape
 * fails the others go on, and the status is 1.
 */
export const benchTask: Command = {
  usage: "deno task bench [NAME [SHAPE]] [--engine webgpu|wasm] [--threads N] [--json]\n" +
    `         NAME is one of ${Object.keys(benches).join(", ")}; SHAPE a part of a shape's name`,
  flags: { engine: "value", threads: "value", json: "switch" },
  async run({ flags, print, errors }) {
    const asked = choiceOf(flags, "engine", benchEngineNames);
    const threads = countOf(flags, "threads") ?? navigator.hardwareConcurrency;
    const wanted = wantedShapes(flags.words);
    quietDrivers();
    const { engines, leftOut } = await findBenchEngines(asked, threads);
    for (const engine of engines) errors.log(`engine ${describeBenchEngine(engine)}`);
    if (leftOut !== undefined) errors.log(`left out ${leftOut}`);
    const write = flags.has("json") ? jsonLine : readableLine;
    const emit = (bench: string, engine: BenchEngine, shape: string, figures: BenchFigures) =>
      print(write({ bench, ...nameOf(engine), devices: 1, shape, ...figures }));
    let failed = false;
    for (const engine of engines) {
      const limits: Limits[] = [];
      for (const [bench, shape] of wanted) {
        try {
          const result = await benches[bench].measure(shape, engine);
          emit(bench, engine, shape, result.figures);
          if (result.limits !== undefined) limits.push(result.limits);
        } catch (error) {
          failed = true;
          errors.log(
            `error: Cannot measure ${bench} ${shape} on ${engine.engine}: ${messageOf(error)}`,
          );
        }
      }
      if (limits.length === 0) continue;
      const peaks = limits.flatMap(({ flops }) => flops.map((rate) => rate / 1e9));
      emit("peak", engine, "multiply-adds in registers", { gflops_per_s: median(peaks) });
      emit("peak", engine, `copy of ${showBytes(COPIED_BYTES)}`, {
        gbytes_per_s: median(limits.flatMap(({ bandwidth }) => bandwidth)) / 1e9,
      });
      const note = busyNote(peaks);
      if (note !== undefined) errors.log(note);
    }
    return failed ? 1 : 0;
  },
};

/**
 * Says that a machine was not as fast as it can be: then limits are none, and fractions of them may
 * even be above 1. `peaks` are in GFLOP/s.
 */
export function busyNote(peaks: readonly number[]): string | undefined {
  const [usual, best] = [median(peaks), Math.max(...peaks)];
  if (usual > 0.8 * best) return undefined;
  return `note: multiply-adds ran at ${best.toFixed(0)} GFLOP/s at best and ${
    usual.toFixed(0)
  } in the ` +
    "median: others use this machine, fractions of its limits are rough";
}

function nameOf({ engine, threads, adapter }: BenchEngine) {
  return { engine, ...(adapter === undefined ? { threads } : { adapter }) };
}

/** The shapes to measure, each with its bench. Throws a FlagError where there is none. */
function wantedShapes(words: readonly string[]): (readonly [bench: string, shape: string])[] {
  const [name, part = "", ...more] = words;
  if (more.length > 0) {
    throw new FlagError(`Cannot measure ${words.join(" ")}: expected a bench and a shape at most`);
  }
  const names = Object.keys(benches);
  if (name !== undefined && !Object.hasOwn(benches, name)) {
    const near = suggest(name, names);
    throw new FlagError(
      `Cannot measure ${name}: there is no such bench, ` +
        (near === undefined ? `there are ${names.join(", ")}` : `did you mean ${near}?`),
    );
  }
  const wanted = (name === undefined ? names : [name]).flatMap((bench) =>
    benches[bench].shapes.filter((shape) => shape.includes(part))
      .map((shape) => [bench, shape] as const)
  );
  if (wanted.length > 0) return wanted;
  throw new FlagError(
    `Cannot measure ${name} ${part}: no shape has that in its name, there are ` +
      benches[name].shapes.join("; "),
  );
}
