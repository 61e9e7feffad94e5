/** Measures one graph on a device of its own. */

import type { Graph } from "../../../graph/ir/graph.ts";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import { bytesOf, makePlan } from "../../../graph/plan/make_plan.ts";
import type { Plan } from "../../../graph/plan/plan.ts";
import { flops } from "../../model/describe_model.ts";
import { type BenchEngine, openBenchDevice } from "./bench_engine.ts";
import {
  type ComparedFigures,
  compareWithLimits,
  figuresOf,
  limitGraphs,
  type Limits,
  programWork,
} from "./limits.ts";

/** What a graph takes. */
export interface MeasuredGraph {
  readonly figures: ComparedFigures;
  readonly limits: Limits;
}

/** Measures a graph of f32 inputs, which are filled with numbers between -1/2 and 1/2. */
export async function measureGraph(graph: Graph, engine: BenchEngine): Promise<MeasuredGraph> {
  const plan = makePlan({ measured: graph, ...limitGraphs(engine) });
  const device = await openBenchDevice(plan, engine);
  try {
    for (const [name, { type }] of graph.inputs) device.write(name, numbers(sizeOf(type)));
    const compared = await compareWithLimits(device, engine, programWork(device, "measured"));
    return {
      figures: figuresOf(compared, flops(graph), bytesMoved(plan, ["measured"])),
      limits: compared.limits,
    };
  } finally {
    await device.close();
  }
}

/** Bytes that the launches of programs read and write, each operand and result once. */
export function bytesMoved({ programs }: Plan, names: readonly string[]): number {
  return names.flatMap((name) => programs.get(name)!.launches)
    .flatMap(({ node }) => [...node.call.inputs, ...node.call.outputs])
    .reduce((total, type) => total + bytesOf(type), 0);
}

function numbers(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => (i * 7919 % 1013) / 1013 - 0.5);
}
