/** Turns a plan into what threads run: the functions of its kernels, and flat lists of steps. */

import type { Node } from "../../graph/ir/graph.ts";
import type { WasmFunction, WasmKernel } from "../../graph/ir/kernel.ts";
import { alignedBytes, ALIGNMENT } from "../../graph/plan/arena.ts";
import { bytesOf } from "../../graph/plan/make_plan.ts";
import type { Plan, Program } from "../../graph/plan/plan.ts";
import { describeNode } from "../describe_node.ts";
import { COPY_FUNCTION, COPY_UNIT_BYTES } from "./copy_function.ts";

/** One phase of a kernel, ready to be called. Plain data: it is posted to the threads. */
export interface Step {
  /** Index of the function in the linked module. */
  readonly code: number;
  /** Byte addresses: inputs, then outputs. */
  readonly addresses: readonly number[];
  readonly units: number;
  /** True if all threads must be through before any goes on. */
  readonly barrier: boolean;
}

/** A program as steps; `nodes[i]` is what step i computes (undefined for a copy at the end). */
export interface StepList {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly nodes: readonly (Node | undefined)[];
}

/** Everything the threads need beside the linked module. Addresses and sizes are in bytes. */
export interface LaunchList {
  readonly functions: readonly WasmFunction[];
  readonly programs: readonly StepList[];
  /** Memory that the threads of one launch share. */
  readonly scratch: number;
  /** Memory of thread 0; thread t has the `threadScratchBytes` that start t times as many further on. */
  readonly threadScratch: number;
  readonly threadScratchBytes: number;
  /** Size of the whole memory. */
  readonly bytes: number;
}

/** An address range that a step reads or writes. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly writes: boolean;
}

/** A kernel whose functions have their places in the linked module. */
interface PlacedKernel {
  readonly kernel: WasmKernel;
  /** Index of the function of each phase. */
  readonly codes: readonly number[];
}

/** Emits every distinct kernel of the plan once and lists the steps of its programs. */
export function makeLaunchList(plan: Plan, threads: number): LaunchList {
  const functions: WasmFunction[] = [COPY_FUNCTION];
  const placed = new Map<string, PlacedKernel>();
  const place = (node: Node): PlacedKernel => {
    const kernel = explained(node, () => node.op.kernel?.(node.call));
    if (!kernel) throw new TypeError(`Cannot run ${describeNode(node)}: it has no kernel`);
    const known = placed.get(kernel.key);
    if (known) return known;
    const emitted = explained(node, () => kernel.wasm());
    const codes = emitted.phases.map(({ code }) => functions.push(code) - 1);
    const made = { kernel: emitted, codes };
    placed.set(kernel.key, made);
    return made;
  };
  // The first pass places all kernels: scratch lies behind the arena and is as large as any needs.
  const scratch = alignedBytes(plan.bytes);
  const programs = [...plan.programs.values()].map((program) => listSteps(program, place, scratch));
  const kernels = [...placed.values()].map(({ kernel }) => kernel);
  const scratchBytes = alignedBytes(Math.max(0, ...kernels.map((k) => k.scratchBytes)));
  const threadScratchBytes = alignedBytes(Math.max(0, ...kernels.map((k) => k.threadScratchBytes)));
  const threadScratch = scratch + scratchBytes;
  return {
    functions,
    programs,
    scratch,
    threadScratch,
    threadScratchBytes,
    bytes: threadScratch + threads * threadScratchBytes + ALIGNMENT,
  };
}

function listSteps(
  program: Program,
  place: (node: Node) => PlacedKernel,
  scratch: number,
): StepList {
  const steps: { -readonly [K in keyof Step]: Step[K] }[] = [];
  const nodes: (Node | undefined)[] = [];
  let open: Span[] = [];
  /** Adds the phases of one launch, with a barrier before it only where it touches what is under way. */
  const add = (
    node: Node | undefined,
    addresses: readonly number[],
    spans: readonly Span[],
    phases: readonly { code: number; units: number }[],
  ) => {
    const last = steps.at(-1);
    if (last && spans.some((span) => open.some((other) => conflict(span, other)))) {
      last.barrier = true;
    }
    phases.forEach(({ code, units }, i) => {
      steps.push({ code, addresses, units, barrier: i < phases.length - 1 });
      nodes.push(node);
    });
    open = last?.barrier || phases.length > 1 ? [...spans] : [...open, ...spans];
  };
  for (const { node, inputs, outputs } of program.launches) {
    const { kernel, codes } = place(node);
    const spans = [
      ...inputs.map((address, i) => spanOf(address, bytesOf(node.inputs[i].type), false)),
      ...outputs.map((address, i) => spanOf(address, bytesOf(node.outputs[i].type), true)),
    ];
    if (kernel.scratchBytes > 0) spans.push(spanOf(scratch, kernel.scratchBytes, true));
    const phases = kernel.phases.map(({ units }, i) => ({ code: codes[i], units }));
    add(node, [...inputs, ...outputs], spans, phases);
  }
  for (const { from, to, bytes } of program.copies) {
    const spans = [spanOf(from, bytes, false), spanOf(to, bytes, true)];
    add(undefined, [from, to], spans, [{ code: 0, units: Math.ceil(bytes / COPY_UNIT_BYTES) }]);
  }
  const last = steps.at(-1);
  if (last) last.barrier = true;
  return { name: program.name, steps, nodes };
}

/** Runs a part of an op's kernel; its errors name the op. */
function explained<T>(node: Node, emit: () => T): T {
  try {
    return emit();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot emit ${describeNode(node)}: ${detail}`, { cause: error });
  }
}

function spanOf(from: number, bytes: number, writes: boolean): Span {
  return { from, to: from + bytes, writes };
}

function conflict(a: Span, b: Span): boolean {
  return (a.writes || b.writes) && a.from < b.to && b.from < a.to;
}
