/** Turns a plan into what the GPU runs: the shaders of its kernels, and flat lists of launches. */

import type { Node } from "../../graph/ir/graph.ts";
import type { WebgpuKernel, WebgpuPhase } from "../../graph/ir/kernel.ts";
import { formatType, type TensorType } from "../../graph/ir/tensor.ts";
import { bytesOf } from "../../graph/plan/make_plan.ts";
import type { Copy, Plan, Program } from "../../graph/plan/plan.ts";
import { describeNode } from "../describe_node.ts";
import { COPY_UNIT_BYTES, copyShader } from "./copy_shader.ts";
import type { Span } from "./place_memory.ts";

/** Limits of a device that launches must keep. Sizes are in bytes. */
export interface LaunchLimits {
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
}

/** A shader: equal code is compiled once. */
export interface Shader {
  readonly code: string;
  /** Numbers of its bindings in group 0, in order: all are storage that is read and written. */
  readonly bindings: readonly number[];
  /** The first call that uses it, for messages; undefined for copies. */
  readonly node: Node | undefined;
}

/** The memory behind a binding. */
export interface BoundMemory {
  /** Where it begins in the arena; undefined for scratch. */
  readonly address: number | undefined;
  readonly bytes: number;
}

/** One launch of a shader. */
export interface ListedLaunch {
  /** Index of the shader. */
  readonly shader: number;
  /** The memory behind each of the shader's bindings. */
  readonly memory: readonly BoundMemory[];
  readonly workgroups: readonly [number, number, number];
  /** What it computes; undefined for copies. */
  readonly node: Node | undefined;
  /** How long it might take a slow GPU, in milliseconds: a measure to compare launches by. */
  readonly cost: number;
}

/** The launches of a program, in order: each sees what those before it wrote. */
export interface ListedProgram {
  readonly name: string;
  readonly launches: readonly ListedLaunch[];
}

/** Everything that is compiled and launched. */
export interface LaunchList {
  readonly shaders: readonly Shader[];
  readonly programs: readonly ListedProgram[];
  /** Size of the buffer of scratch: as large as any launch needs. */
  readonly scratchBytes: number;
}

/** What a slow GPU does in a millisecond: 100 GFLOP/s, 10 GB/s; a launch takes it 0.02 ms. */
const FLOPS_PER_MS = 1e8;
const BYTES_PER_MS = 1e7;
const LAUNCH_MS = 0.02;

/**
 * Emits every distinct kernel of the plan once and lists the launches of its programs. Throws an
 * Error that names the op where one has no kernel, its emitter fails, or the device's limits are
 * too small, or where an invocation might take more than `loopLimit` iterations.
 */
export function makeLaunchList(
  plan: Plan,
  limits: LaunchLimits,
  loopLimit = Infinity,
): LaunchList {
  const shaders: Shader[] = [];
  const indices = new Map<string, number>();
  const indexOf = (code: string, node: Node | undefined): number => {
    const index = indices.get(code) ?? shaders.push({ code, bindings: bindingsOf(code), node }) - 1;
    indices.set(code, index);
    return index;
  };
  const emitted = new Map<string, WebgpuKernel>();
  const emit = (node: Node, bindings: readonly number[]): WebgpuKernel => {
    const kernel = explained(node, () => node.op.kernel?.(node.call));
    if (!kernel) throw new TypeError(`Cannot run ${describeNode(node)}: it has no kernel`);
    const key = `${kernel.key}\n${bindings}`;
    const known = emitted.get(key) ?? explained(node, () => kernel.webgpu(bindings));
    emitted.set(key, known);
    for (const phase of known.phases) checkIterations(node, phase, loopLimit);
    return known;
  };
  const programs = [...plan.programs.values()].map((program): ListedProgram => ({
    name: program.name,
    launches: [
      ...listKernels(program, limits, emit, (code, node) => {
        const shader = indexOf(code, node);
        return { shader, bindings: shaders[shader].bindings };
      }),
      ...program.copies.flatMap((copy) =>
        listCopy(copy, limits, (code) => indexOf(code, undefined))
      ),
    ],
  }));
  const scratch = [...emitted.values()].map(({ scratchBytes }) => scratchBytes);
  return { shaders, programs, scratchBytes: Math.max(0, ...scratch) };
}

/** Numbers of the bindings that WGSL declares, in order. */
export function bindingsOf(code: string): number[] {
  const numbers = Array.from(code.matchAll(/@binding\((\d+)\)/g), ([, number]) => Number(number));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function listKernels(
  program: Program,
  limits: LaunchLimits,
  emit: (node: Node, bindings: readonly number[]) => WebgpuKernel,
  shaderOf: (code: string, node: Node) => { shader: number; bindings: readonly number[] },
): ListedLaunch[] {
  return program.launches.flatMap(({ node, inputs, outputs }) => {
    const { spans, bindings: numbers } = bind(node, [...inputs, ...outputs], limits);
    const { phases, scratchBytes } = emit(node, numbers);
    const bytes = spans.reduce((sum, span) => sum + span.bytes, 0);
    // Behind the operands comes scratch.
    const memory = scratchBytes === 0 ? spans : [...spans, scratchOf(node, scratchBytes, limits)];
    const work = node.op.flops(node.call) / FLOPS_PER_MS + bytes / BYTES_PER_MS;
    return phases.map(({ code, workgroups }): ListedLaunch => {
      const { shader, bindings } = shaderOf(code, node);
      const most = limits.maxStorageBuffersPerShaderStage;
      if (bindings.length > most) {
        throw new RangeError(
          `the kernel of ${describeNode(node)} has ${bindings.length} buffers, ` +
            `it may have ${most} at most`,
        );
      }
      return {
        shader,
        memory: bindings.map((number) => memory[number] ?? refuseBinding(node, number)),
        workgroups,
        node,
        cost: LAUNCH_MS + work / phases.length,
      };
    });
  });
}

/** Throws a RangeError where an invocation might not come to the end of its loops. */
function checkIterations(node: Node, { iterations }: WebgpuPhase, loopLimit: number) {
  if (iterations <= loopLimit) return;
  throw new RangeError(
    `an invocation of ${describeNode(node)} takes up to ${iterations} loop iterations, this ` +
      `adapter ends loops after ${loopLimit} with wrong results: use --engine wasm`,
  );
}

/** The scratch of a call. */
function scratchOf(
  node: Node,
  bytes: number,
  { maxStorageBufferBindingSize: most }: LaunchLimits,
): BoundMemory {
  if (bytes <= most) return { address: undefined, bytes };
  throw new RangeError(
    `the scratch of ${describeNode(node)} has ${bytes} bytes, a kernel sees ${most} bytes at most`,
  );
}

function refuseBinding(node: Node, number: number): never {
  throw new Error(`the kernel of ${describeNode(node)} has no memory for its binding ${number}`);
}

/** The distinct memory of a launch's operands, and the number of each operand's binding. */
function bind(
  node: Node,
  addresses: readonly number[],
  { maxStorageBufferBindingSize: most }: LaunchLimits,
): { spans: Span[]; bindings: number[] } {
  const values = [...node.inputs, ...node.outputs];
  const numbers = new Map<number, number>();
  const spans: { address: number; bytes: number }[] = [];
  const bindings = addresses.map((address, i) => {
    const bytes = bindingBytes(values[i].type);
    if (bytes > most) {
      throw new RangeError(
        `${operandName(node, i)}, ${formatType(values[i].type)}, of ${describeNode(node)} has ` +
          `${bytes} bytes, a kernel sees ${most} bytes of a tensor at most`,
      );
    }
    const number = numbers.get(address) ?? spans.push({ address, bytes }) - 1;
    numbers.set(address, number);
    spans[number].bytes = Math.max(spans[number].bytes, bytes);
    return number;
  });
  const sorted = spans.toSorted((a, b) => a.address - b.address);
  sorted.forEach(({ address }, i) => {
    const before = sorted[i - 1];
    if (before && before.address + before.bytes > address) {
      throw new Error(`operands of ${describeNode(node)} overlap in memory`);
    }
  });
  return { spans, bindings };
}

/** A binding covers what belongs to a tensor: its bytes up to the next multiple of 16. */
function bindingBytes(type: TensorType): number {
  return Math.max(1, Math.ceil(bytesOf(type) / COPY_UNIT_BYTES)) * COPY_UNIT_BYTES;
}

function operandName({ op, inputs }: Node, operand: number): string {
  if (operand >= inputs.length) return `output ${op.outputs[operand - inputs.length]}`;
  return `operand ${op.inputs[operand] ?? operand}`;
}

/** A copy in parts that bindings can hold. */
function listCopy(
  { from, to, bytes: exact }: Copy,
  { maxStorageBufferBindingSize }: LaunchLimits,
  indexOf: (code: string) => number,
): ListedLaunch[] {
  const bytes = Math.ceil(exact / COPY_UNIT_BYTES) * COPY_UNIT_BYTES;
  // Parts start at multiples of what bindings are aligned to.
  const most = Math.floor(maxStorageBufferBindingSize / 256) * 256;
  const parts: ListedLaunch[] = [];
  for (let start = 0; start < bytes; start += most) {
    const size = Math.min(most, bytes - start);
    const { code, workgroups } = copyShader(size);
    parts.push({
      shader: indexOf(code),
      memory: [{ address: from + start, bytes: size }, { address: to + start, bytes: size }],
      workgroups,
      node: undefined,
      cost: LAUNCH_MS + 2 * size / BYTES_PER_MS,
    });
  }
  return parts;
}

/** Runs a part of an op's kernel; its errors name the op. */
function explained<T>(node: Node, emit: () => T): T {
  try {
    return emit();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(`${describeNode(node)} cannot be emitted: ${detail}`, { cause: error });
  }
}
