/**
 * What an engine needs in order to run one call of an op. Ops make kernels; engines link and launch
 * them; the graph only passes them on.
 */

/** WebAssembly value types by their binary code. */
export const WASM_I32 = 0x7f;
export const WASM_F32 = 0x7d;
export const WASM_V128 = 0x7b;

/**
 * One WebAssembly function without a result. All parameters are i32: the byte address of each
 * input, then of each output, then `scratch` (shared by the threads), `threadScratch` (this
 * thread's own), and the half-open range `begin`, `end` of work units this thread computes.
 */
export interface WasmFunction {
  /** Number of i32 parameters: inputs + outputs + 4. */
  readonly parameters: number;
  /** Value types of the further locals, in index order. */
  readonly locals: readonly number[];
  /** Encoded instructions, the final `end` included. */
  readonly body: Uint8Array;
}

/** One launch of a kernel. All threads finish a phase before any starts the next. */
export interface WasmPhase {
  readonly code: WasmFunction;
  /**
   * Number of independent work units. Each output element is computed within one unit, whichever
   * thread runs it, so bits do not depend on the number of threads.
   */
  readonly units: number;
}

/** A kernel for the wasm engine. Sizes are in bytes; scratch contents do not survive the call. */
export interface WasmKernel {
  readonly phases: readonly WasmPhase[];
  readonly scratchBytes: number;
  readonly threadScratchBytes: number;
}

/** One launch of a shader. It sees everything that the phases before it wrote. */
export interface WebgpuPhase {
  /**
   * WGSL with the entry point `main`. Its bindings are in group 0, all `var<storage, read_write>`:
   * operands by the numbers the kernel was given, then scratch. A phase may leave some out.
   */
  readonly code: string;
  /** Workgroups along x, y and z: 65,535 at most along each. */
  readonly workgroups: readonly [number, number, number];
  /** Loop iterations of one invocation at most, counted as `LOOP_LIMIT` is. */
  readonly iterations: number;
}

/**
 * Loop iterations that an invocation gets from Mesa's llvmpipe, which computes on the CPU. Behind
 * them it leaves its loops without an error, with results that are wrong. Those of all loops of a
 * shader count together, of nested loops each time they run; that a loop finds its end counts as
 * one more. Neighbouring invocations share the count: what any of them does counts, in either
 * branch of an `if`. (Mesa, LP_MAX_TGSI_LOOP_ITERATIONS.) Kernels keep below it for all shapes that
 * a device can hold, if they can.
 */
export const LOOP_LIMIT = 65535;

/** The most workgroups along one axis that every device has. */
const MOST_GROUPS = 65535;

/**
 * Workgroups of a launch that is to have `groups` or a few more, row by row along x. Throws a
 * RangeError where one launch cannot have so many.
 */
export function workgroupGrid(groups: number): WebgpuPhase["workgroups"] {
  const x = Math.min(groups, MOST_GROUPS);
  const y = Math.ceil(groups / x);
  if (y > MOST_GROUPS) throw new RangeError(`Cannot launch ${groups} workgroups at once`);
  return [x, y, 1];
}

/** A kernel for the webgpu engine. Scratch contents do not survive the call. */
export interface WebgpuKernel {
  readonly phases: readonly WebgpuPhase[];
  /** Size in bytes of the binding behind those of the operands, a multiple of 16; 0 for none. */
  readonly scratchBytes: number;
}

/** A kernel of one call: emits code for an engine and for the shapes it was made with. */
export interface Kernel {
  /** Equal keys mean equal code: an engine compiles each key once. */
  readonly key: string;
  /** Code for the wasm engine. */
  wasm(): WasmKernel;
  /**
   * Code for the webgpu engine. `bindings[i]` is the number of the binding that operand i has,
   * inputs first: operands with the same memory (in place, or one tensor twice) share one, and all
   * numbers below the largest occur. Tensors start at multiples of 256 bytes; the bytes up to the
   * next multiple of 16 belong to them.
   */
  webgpu(bindings: readonly number[]): WebgpuKernel;
}
