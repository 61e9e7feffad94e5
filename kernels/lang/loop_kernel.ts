/**
 * Kernels from small programs: maps, reductions along rows or columns, lookups by index.
 *
 * ```ts
 * kernel: (call) => loopKernel(call, { over: ["D"], body: `
 *   scale = rsqrt(sum_over(x * x) / D + 1e-5)
 *   y = x * scale * weight
 * ` })
 * ```
 *
 * **Programs.** A program is one launch of a kernel; a kernel may have several, one after another.
 * Its `body` has lines `name = expression`. The name of an output stores it, any other name is a
 * value for the lines below; `#` starts a comment; an expression in parentheses may span lines.
 *
 * **Names.** Inputs and outputs by the names of the op (`names` gives others, for variadic ops); an
 * output that has not been assigned holds what an earlier program left. Dims of the signature
 * (`D`, `BATCH` for `...`), number attributes and literals are constants without a type: they take
 * that of the other operand, f32 where there is none. `inf`, `nan` and `pi` are constants.
 *
 * **Loops.** The program runs over all dims that its operands have. A tensor that lacks one is
 * repeated along it. `over` names the dims that `sum_over` and `max_over` reduce; what they give is
 * one value per row, and the compiler makes as many passes over the row as that takes. An output
 * has all of the other dims, and either all of those in `over` or none. Dims may come in any order
 * in any tensor. `limit`, an i32 that is the same along `over`, is the number of elements of the
 * last `over` dim that exist: reductions stop there, and beyond it `fill` (0) is stored.
 *
 * **Operators**, from loose to tight: `< <= > >= == !=` (conditions; they do not chain), `|`, `^`,
 * `&`, `<< >>`, `+ -`, `* / %`, unary `-` and `!`. Both sides have one type: f32, i32, u32, or for
 * `& | ^ !` also conditions. Division by a constant multiplies by its inverse. Integer division
 * goes toward zero; by 0 it gives the dividend.
 *
 * | functions | meaning |
 * |---|---|
 * | `exp(x)` | relative error 8e-8; 0 below -87.3365 (no denormals), infinite above 88.37 |
 * | `log(x)` | 1e-7 |
 * | `tanh(x)`, `erf(x)` | relative error 2.5e-7, 2.1e-7 |
 * | `sin(x)`, `cos(x)` | absolute error 1.2e-7 for abs(x) up to 10,000 |
 * | `sqrt(x)`, `rsqrt(x)` | correctly rounded; 1 / sqrt(x) |
 * | `sigmoid(x)`, `silu(x)` | 1 / (1 + exp(-x)), x times that |
 * | `gelu(x)`, `gelu_tanh(x)` | exact by erf, and its tanh approximation |
 * | `relu(x)`, `abs(x)` | max(x, 0), absolute value |
 * | `min(a, b)`, `max(a, b)` | of any number type; a NaN in `a` passes, one in `b` does not |
 * | `floor(x)`, `round(x)` | to integers; ties to even |
 * | `pow(x, c)` | constant c: products and roots up to 32, else exp(c * log(x)) for x >= 0 |
 * | `fma(a, b, c)` | a * b + c |
 * | `where(c, a, b)` | a where c holds, else b; both are computed |
 * | `flush(x)` | 0 for abs(x) < 1.2e-38: denormals are slow on the CPU |
 * | `sum_over(x)`, `max_over(x)` | over the dims in `over`; a NaN is never the maximum |
 * | `index(D)` | i32 coordinate along a dim |
 * | `at(x, D = i, V = j)` | element of an operand at i32 coordinates (clamped to the dim), the other |
 * | | dims as they run; `D + index(E)` and the like cost nothing extra |
 * | `f32(x)`, `i32(x)`, `u32(x)` | conversion toward zero, saturating; conditions give 0 or 1 |
 * | `bits_f32(x)`, `bits_i32(x)`, `bits_u32(x)` | the same bits as another type |
 * | `random(key0, key1, counter)` | u32s to u32: first word of Threefry-2x32-20 at (counter, 0) |
 *
 * `table[V = ids] += x`, alone in a program, is a scatter: see `scatter_add_kernel.ts`.
 *
 * **Threads.** On wasm every element of a result is computed within one work unit and in an order
 * that only the shapes decide, so the bits do not depend on the number of threads; on webgpu as
 * well the order of additions depends on shapes only.
 *
 * **WebGPU** has the same functions from the same arithmetic (exp to 1e-7, as its multiply-adds may
 * round twice), but divisions and square roots to 3e-7, which is what WGSL promises, and denormals
 * may be 0.
 */

import type { Kernel } from "../../graph/ir/kernel.ts";
import type { Call } from "../../graph/ir/op.ts";
import { type Operand, operandsOf } from "./operand.ts";
import { parseScatter, scatterAddKernel } from "./scatter_add_kernel.ts";
import type { Aliases } from "./stages.ts";
import { type LoopProgram, type TypedProgram, typeProgram } from "./type_program.ts";
import { compileWasm } from "./wasm_program.ts";
import { compileWgsl } from "./wgsl_program.ts";

export type { LoopProgram } from "./type_program.ts";

/**
 * Makes the kernel of a call from programs that run one after another. A program is read when the
 * code is asked for: `wasm()` and `webgpu()` throw a TypeError `Cannot compile kernel of <op>: ...`
 * for one that is not right. A program of the form `table[V = ids] += x` is a kernel of its own.
 */
export function loopKernel(call: Call, ...programs: readonly LoopProgram[]): Kernel {
  const scatter = parseScatter(programs[0].body);
  if (scatter) return scatterAddKernel(call, scatter);
  const operands = operandsOf(call, programs[0].names);
  const aliases = aliasesOf(call);
  const tensors = call.inputs.length + call.outputs.length;
  const compileAll = <T>(compile: (program: TypedProgram) => T) =>
    programs.map((program) => explained(call, () => compile(typeProgram(call, program))));
  const most = (bytes: readonly number[]) => Math.max(...bytes);
  return {
    key: keyOf(call, programs, operands, aliases),
    wasm() {
      const kernels = compileAll((program) => compileWasm(program, aliases, tensors));
      return {
        phases: kernels.flatMap(({ phases }) => phases),
        scratchBytes: most(kernels.map(({ scratchBytes }) => scratchBytes)),
        threadScratchBytes: most(kernels.map(({ threadScratchBytes }) => threadScratchBytes)),
      };
    },
    webgpu(bindings) {
      const kernels = compileAll((program) => compileWgsl(program, bindings));
      return {
        phases: kernels.flatMap(({ phases }) => phases),
        scratchBytes: most(kernels.map(({ scratchBytes }) => scratchBytes)),
      };
    },
  };
}

/** Runs a part of the compiler; its errors name the op. */
function explained<T>({ op }: Call, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    const detail = error.message.replace(/^Cannot (type|parse) expression: /, "");
    throw new TypeError(`Cannot compile kernel of ${op.name}: ${detail}`, { cause: error });
  }
}

/** Outputs that may share the memory of an input, by position among the parameters. */
function aliasesOf({ op, inputs }: Call): Aliases {
  return new Map(
    Object.entries(op.inPlace).map(([output, input]) => [
      inputs.length + op.outputs.indexOf(output),
      [op.inputs.indexOf(input)],
    ]),
  );
}

/** All that the code depends on. */
function keyOf(
  { attrs, dims }: Call,
  programs: readonly LoopProgram[],
  operands: readonly Operand[],
  aliases: Aliases,
): string {
  const tensors = operands.map(({ name, dtype, dims }) => `${name}:${dtype}[${dims.join(" ")}]`);
  // Only numbers can be constants of a program.
  const constants = Object.entries(attrs).filter(([, value]) =>
    typeof value === "number" || typeof value === "boolean"
  );
  return `loops ${JSON.stringify([programs, tensors, dims, constants, [...aliases]])}`;
}
