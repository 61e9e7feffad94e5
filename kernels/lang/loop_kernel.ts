/**
 * Kernels from small programs.
 */

import type { Kernel } from "../../graph/ir/kernel.ts";
import type { Call } from "../../graph/ir/op.ts";
import { emitLoops } from "./emit_loops.ts";
import { planLoops } from "./loop_plan.ts";
import { type Operand, operandsOf } from "./operand.ts";
import { parseScatter, scatterAddKernel } from "./scatter_add_kernel.ts";
import { splitStages } from "./stages.ts";
import { type LoopProgram, typeProgram } from "./type_program.ts";

export type { LoopProgram } from "./type_program.ts";

/**
 * Makes the kernel of a call from programs that run one after another, each as one phase. A program is
 * read when the code is asked for: `wasm()` throws a TypeError `Cannot compile kernel of <op>: ...` for
 * one that is not right. A program of the form `table[V = ids] += x` is a kernel of its own.
 */
export function loopKernel(call: Call, ...programs: readonly LoopProgram[]): Kernel {
  const scatter = parseScatter(programs[0].body);
  if (scatter) return scatterAddKernel(call, scatter);
  const operands = operandsOf(call, programs[0].names);
  const aliases = aliasesOf(call);
  return {
    key: keyOf(call, programs, operands, aliases),
    wasm() {
      const phases = programs.map((program) => compileProgram(call, program, aliases));
      return {
        phases: phases.map(({ phase }) => phase),
        scratchBytes: 0,
        threadScratchBytes: Math.max(...phases.map(({ memoBytes }) => memoBytes)),
      };
    },
  };
}

/** Errors of any part of the compiler name the op. */
function compileProgram(call: Call, program: LoopProgram, aliases: ReadonlyMap<number, number>) {
  const tensors = call.inputs.length + call.outputs.length;
  try {
    const staged = splitStages(planLoops(typeProgram(call, program)), aliases);
    return { phase: emitLoops(staged, tensors), memoBytes: staged.memoBytes };
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    const detail = error.message.replace(/^Cannot (type|parse) expression: /, "");
    throw new TypeError(`Cannot compile kernel of ${call.op.name}: ${detail}`, { cause: error });
  }
}

/** Outputs that may share the memory of an input, by position among the parameters. */
function aliasesOf({ op, inputs }: Call): Map<number, number> {
  return new Map(
    Object.entries(op.inPlace).map(([output, input]) => [
      inputs.length + op.outputs.indexOf(output),
      op.inputs.indexOf(input),
    ]),
  );
}

/** All that the code depends on. */
function keyOf(
  { attrs, dims }: Call,
  programs: readonly LoopProgram[],
  operands: readonly Operand[],
  aliases: ReadonlyMap<number, number>,
): string {
  const tensors = operands.map(({ name, dtype, dims }) => `${name}:${dtype}[${dims.join(" ")}]`);
  // Only numbers can be constants of a program.
  const constants = Object.entries(attrs).filter(([, value]) =>
    typeof value === "number" || typeof value === "boolean"
  );
  return `loops ${JSON.stringify([programs, tensors, dims, constants, [...aliases]])}`;
}
