/** Compiles a program of the kernel language for the webgpu engine. */

import type { WebgpuKernel, WebgpuPhase } from "../../graph/ir/kernel.ts";
import { type LoopTarget, planLoops } from "./loop_plan.ts";
import { splitSegments } from "./split_segments.ts";
import { type Aliases, splitStages, type StagedPlan } from "./stages.ts";
import type { TypedProgram } from "./type_program.ts";
import { blockReduction } from "./wgsl_blocks.ts";
import { wgslLines, type WgslShared } from "./wgsl_emission.ts";
import { wgslFunctions } from "./wgsl_functions.ts";
import { mapGrid, writeMap } from "./wgsl_map.ts";
import { wgslMemory } from "./wgsl_memory.ts";
import type { RowGrid } from "./wgsl_row_grid.ts";
import { writeRows } from "./wgsl_rows.ts";
import { wgslPhase, type WgslSharedArray } from "./wgsl_shader.ts";
import { chooseWidth, type WgslPart } from "./wgsl_width.ts";

/**
 * Math is lowered as for wasm, to arithmetic: the errors that WGSL allows its own exp, log, tanh,
 * sin and cos are far above those the language promises (2^-11 for sin, 2^-21 for log near 1, 3 + 2
 * |x| units in the last place for exp), and erf it lacks. Rounding is an operation: WGSL compilers
 * may reassociate.
 */
const WGSL_TARGET: LoopTarget = { rounding: "round", offsetsPerElement: 1 };

/** The launches of a program, for operands with the bindings that `Kernel.webgpu` gets. */
export function compileWgsl(program: TypedProgram, bindings: readonly number[]): WebgpuKernel {
  const segments = splitSegments(program);
  const parts = segments.map((segment): WgslPart => {
    const staged = splitStages(planLoops(segment, WGSL_TARGET), aliasesOf(bindings));
    return partOf(staged, segments.length === 1);
  });
  const split = parts.length === 1 ? blockReduction(parts[0].staged, parts[0].width) : undefined;
  if (!split) return { phases: [emitPhase(parts, bindings)], scratchBytes: 0 };
  return {
    phases: [split.blocks, split.rows].map((staged) => emitPhase([partOf(staged, true)], bindings)),
    scratchBytes: split.scratchBytes,
  };
}

function partOf(staged: StagedPlan, isWhole: boolean): WgslPart {
  return { staged, width: chooseWidth(staged, isWhole) };
}

/** The parts of a program as one launch. */
function emitPhase(parts: readonly WgslPart[], bindings: readonly number[]): WebgpuPhase {
  const memory = wgslMemory(parts, bindings);
  const functions = wgslFunctions();
  const lines = wgslLines();
  const shared: WgslShared = { memory, functions, lines };
  const frame = (
    { threads, groups }: Pick<RowGrid, "threads" | "groups">,
    arrays: readonly WgslSharedArray[] = [],
  ) =>
    wgslPhase({
      bindings,
      elements: memory.elements,
      ...(memory.scratch ? { scratch: memory.scratch } : {}),
      threads,
      groups,
      iterations: lines.iterations(),
      declarations: functions.declarations(),
      shared: arrays,
      body: lines.text(),
    });
  if (parts[0].staged.plan.isMap) {
    const grid = mapGrid(parts);
    writeMap(shared, parts, grid);
    return frame(grid);
  }
  const { grid, arrays } = writeRows(shared, parts[0]);
  return frame(grid, arrays);
}

/** The other operands that have the memory of each. */
function aliasesOf(bindings: readonly number[]): Aliases {
  return new Map(bindings.map((binding, position) => [
    position,
    bindings.flatMap((other, i) => other === binding && i !== position ? [i] : []),
  ]));
}
