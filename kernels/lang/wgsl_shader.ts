/** The frame of every WGSL shader: its bindings, and the number of its workgroup. */

import { type WebgpuPhase, workgroupGrid } from "../../graph/ir/kernel.ts";

/** What a binding is an array of. */
export type WgslElement = "f32" | "i32" | "u32" | "vec4<f32>" | "vec4<i32>" | "vec4<u32>";

/** Bytes from one element of an array in workgroup memory to the next. */
const SHARED_STRIDES = {
  "f32": 4,
  "i32": 4,
  "u32": 4,
  "bool": 4,
  "atomic<u32>": 4,
  "vec2<f32>": 8,
  "vec3<f32>": 16,
  "vec4<f32>": 16,
};

/** An array that the threads of a workgroup share. */
export interface WgslSharedArray {
  readonly name: string;
  readonly element: keyof typeof SHARED_STRIDES;
  readonly count: number;
}

/** Bytes of workgroup memory that every device has. Not every driver refuses more. */
export const MOST_SHARED_BYTES = 16384;

/** A shader without its frame. */
export interface WgslShader {
  /** Numbers of the bindings of the operands, as `Kernel.webgpu` gets them. */
  readonly bindings: readonly number[];
  /** What the shader takes each operand for; undefined where it does not use one. */
  readonly elements: readonly (WgslElement | undefined)[];
  /** What the shader takes scratch for, where it uses scratch. */
  readonly scratch?: WgslElement;
  /** Threads of a workgroup: 256 at most, which every device has. */
  readonly threads: number;
  readonly groups: number;
  /** Loop iterations of one invocation at most, 0 without loops; see `WebgpuPhase`. */
  readonly iterations: number;
  /** Functions and constants. */
  readonly declarations?: string;
  readonly shared?: readonly WgslSharedArray[];
  /**
   * Statements of the entry point. They have the u32s `group` (number of the workgroup, below
   * `groups`) and `thread` (within it), the operands by `operandName`, and `scratch`.
   */
  readonly body: string;
}

/**
 * The size of scratch for `count` elements: whole vectors, as shaders may take it for an array of
 * them.
 */
export function wgslScratchBytes(count: number): number {
  return Math.ceil(count / 4) * 16;
}

/** The variable of an operand in a shader. */
export function operandName(bindings: readonly number[], operand: number): string {
  return `b${bindings[operand]}`;
}

/**
 * Writes the shader. Throws a TypeError where operands that share a binding are taken for different
 * elements, and a RangeError for more workgroups or shared memory than every device can have.
 */
export function wgslPhase(shader: WgslShader): WebgpuPhase {
  const { bindings, elements, scratch, threads, groups, iterations, body } = shader;
  const { declarations = "", shared = [] } = shader;
  const taken = new Map<number, WgslElement>();
  elements.forEach((element, operand) => {
    if (!element) return;
    const binding = bindings[operand];
    const before = taken.get(binding) ?? element;
    if (before !== element) {
      throw new TypeError(`Cannot bind operand ${operand} as ${element}: it is also ${before}`);
    }
    taken.set(binding, element);
  });
  const declare = (binding: number, name: string, element: WgslElement) =>
    `@group(0) @binding(${binding}) var<storage, read_write> ${name}: array<${element}>;\n`;
  const variables = [...taken].sort(([a], [b]) => a - b)
    .map(([binding, element]) => declare(binding, `b${binding}`, element));
  if (scratch) variables.push(declare(Math.max(-1, ...bindings) + 1, "scratch", scratch));
  const sharedBytes = shared.reduce(
    (sum, { element, count }) => sum + SHARED_STRIDES[element] * count,
    0,
  );
  if (sharedBytes > MOST_SHARED_BYTES) {
    throw new RangeError(
      `Cannot share ${sharedBytes} bytes in a workgroup: ${MOST_SHARED_BYTES} at most`,
    );
  }
  const arrays = shared.map(({ name, element, count }) =>
    `var<workgroup> ${name}: array<${element}, ${count}>;\n`
  );

  // Groups beyond one row of the launch's grid go on in the next; those behind the last have
  // nothing.
  const workgroups = workgroupGrid(groups);
  const [x, y] = workgroups;
  const group = y === 1 ? "position.x" : `position.y * ${x}u + position.x`;
  const guard = x * y === groups ? "" : `  if (group >= ${groups}u) { return; }\n`;
  const code = `${variables.join("")}${declarations}${arrays.join("")}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = ${group};
${guard}${body}}
`;
  return { code, workgroups, iterations };
}
