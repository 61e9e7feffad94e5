/** What the parts of a matmul shader have in common. */

import type { WgslSharedArray } from "../lang/wgsl_shader.ts";
import { range } from "./_wgsl_product.ts";
import type { Quads } from "./_wgsl_quads.ts";
import type { Contraction } from "./contraction.ts";
import type { WebgpuTiling } from "./webgpu_tiling.ts";

/** What is multiplied, how it is cut and read, and the variables of the operands. */
export interface Loop {
  readonly problem: Contraction;
  readonly tiling: WebgpuTiling;
  readonly quads: Readonly<Record<"a" | "b", Quads>>;
  readonly names: Readonly<Record<"a" | "b", string>>;
}

/** A piece of a shader: what workgroups share for it, and statements of the entry point. */
export interface ShaderPart {
  readonly shared: readonly WgslSharedArray[];
  readonly body: readonly string[];
}

/** The quads of rows or columns of a thread; one part where it has fewer than four. */
export function units(count: number): number[] {
  return range(Math.ceil(count / 4));
}

/** Names of a quad's offsets, with the statements that compute them. */
export function named(prefix: string, offsets: readonly string[]): [string[], string[]] {
  const names = offsets.map((_, i) => offsets.length === 1 ? prefix : `${prefix}_${i}`);
  return [names, names.map((name, i) => `let ${name} = ${offsets[i]};`)];
}

/** Statements as a block, behind what it belongs to. */
export function block(lines: readonly string[], head = ""): string[] {
  return [`${head} {`.trimStart(), ...lines.map((line) => `  ${line}`), "}"];
}
