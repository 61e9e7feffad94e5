/** The limits of the machine, measured beside what is to be compared with them. */

import { createBuilder } from "../../../graph/ir/build.ts";
import type { Graph } from "../../../graph/ir/graph.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import type { Device } from "../../../runtime/device.ts";
import { map } from "../../../kernels/map.ts";
import { flops } from "../../model/describe_model.ts";
import type { BenchEngine } from "./bench_engine.ts";
import type { BenchFigures } from "./bench_line.ts";
import { MULTIPLY_ADD_ELEMENTS, multiplyAdds } from "./multiply_adds.ts";
import { measureInTurns, median, type Work } from "./stopwatch.ts";

/** Bytes that are copied, by a kernel: more than caches hold. */
export const COPIED_BYTES: number = 64 * 2 ** 20;

/** Samples of each work. */
const ROUNDS = 7;

/** Rates of the limits, a sample each. */
export interface Limits {
  /** Floating-point operations per second, of multiply-adds in registers. */
  readonly flops: readonly number[];
  /** Bytes per second, read and written, of a copy. */
  readonly bandwidth: readonly number[];
}

/** Work and the limits, measured in turns. Milliseconds. */
export interface Compared {
  readonly ms: readonly number[];
  /** What the host took to queue it; where the engine does not queue, the same as `ms`. */
  readonly queuing: readonly number[];
  readonly limits: Limits;
}

/** The graphs of the limits. Buffers of their own begin with `limit/`. */
export function limitGraphs(
  { engine, software }: BenchEngine,
): { readonly multiply_adds: Graph; readonly copy: Graph } {
  // A GPU needs a quarter of a million invocations to be busy; CPUs are after a few.
  const [groups, turns] = engine === "webgpu" && !software ? [4096, 4096] : [64, 2048];
  const first = createBuilder();
  const x = first.input("limit/x", tensor({ element: groups * MULTIPLY_ADD_ELEMENTS }));
  const factor = first.input("limit/factor", tensor({}));
  const [y] = first.call(multiplyAdds, [x, factor], { turns });
  const second = createBuilder();
  const from = second.input("limit/from", tensor({ element: COPIED_BYTES / 4 }));
  const [to] = second.call(map, [from], { expr: "x" });
  return {
    multiply_adds: first.finish({ "limit/y": y }),
    copy: second.finish({ "limit/to": to }),
  };
}

/** Runs a program of the device. */
export function programWork(device: Device, program: string): Work {
  return {
    run: () => device.run(program),
    settle: () => device.snapshot(["limit/factor"]).elements(),
    together: 1000,
  };
}

/** Measures work of a device in turns with the limits, whose graphs are among its programs. */
export async function compareWithLimits(
  device: Device,
  { engine }: BenchEngine,
  work: Work,
): Promise<Compared> {
  device.write("limit/factor", [0.5]);
  // Memory that was never written is not there, and fast to read.
  device.write("limit/from", new Float32Array(COPIED_BYTES / 4).fill(1));
  const works = [work, programWork(device, "multiply_adds"), programWork(device, "copy")];
  // To wait for a GPU takes about 10 ms.
  const [own, peak, copy] = await measureInTurns(works, ROUNDS, engine === "webgpu" ? 200 : 25);
  const operations = flops(device.plan.programs.get("multiply_adds")!.graph);
  return {
    ms: own.ms,
    queuing: own.queuing,
    limits: {
      flops: peak.ms.map((ms) => 1000 * operations / ms),
      bandwidth: copy.ms.map((ms) => 1000 * 2 * COPIED_BYTES / ms),
    },
  };
}

/** Figures of work that was measured beside the limits. */
export type ComparedFigures = Required<
  Pick<
    BenchFigures,
    "ms_median" | "ms_min" | "gflops_per_s" | "fraction_of_peak" | "fraction_of_bandwidth"
  >
>;

/**
 * Work of this many operations that moves so many bytes at least, as rates and shares of the
 * limits. Each sample is compared with those of its own turn, in which the machine was as fast or
 * as slow.
 */
export function figuresOf(
  { ms, limits }: Compared,
  operations: number,
  bytes: number,
): ComparedFigures {
  const shares = (amount: number, rates: readonly number[]) =>
    ms.map((each, turn) => 1000 * amount / each / rates[turn]);
  return {
    ms_median: median(ms),
    ms_min: Math.min(...ms),
    gflops_per_s: operations / median(ms) / 1e6,
    fraction_of_peak: median(shares(operations, limits.flops)),
    fraction_of_bandwidth: median(shares(bytes, limits.bandwidth)),
  };
}
