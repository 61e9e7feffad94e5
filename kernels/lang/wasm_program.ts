/** Compiles a program of the kernel language for the wasm engine. */

import type { WasmKernel } from "../../graph/ir/kernel.ts";
import { emitLoops, emitReduction } from "./emit_loops.ts";
import { type LoopTarget, planLoops } from "./loop_plan.ts";
import { splitReduction } from "./split_reduction.ts";
import { splitSegments } from "./split_segments.ts";
import { type Aliases, splitStages } from "./stages.ts";
import { keepMemos } from "./thread_memos.ts";
import type { TypedProgram } from "./type_program.ts";

const WASM_TARGET: LoopTarget = { rounding: "shift", offsetsPerElement: 4 };

/** The launches of a program of a call with `tensors` inputs and outputs. */
export function compileWasm(program: TypedProgram, aliases: Aliases, tensors: number): WasmKernel {
  const parts = splitSegments(program)
    .map((part) => keepMemos(splitStages(planLoops(part, WASM_TARGET), aliases)));
  const split = parts.length === 1 ? splitReduction(parts[0]) : undefined;
  return {
    phases: split ? emitReduction(split, tensors) : [emitLoops(parts, tensors)],
    scratchBytes: split?.scratchBytes ?? 0,
    threadScratchBytes: Math.max(...parts.map(({ memoBytes }) => memoBytes)),
  };
}
