/** What the writers of one shader share: its lines, and the values that have names. */

import { countUses } from "./lower_math.ts";
import type { DagNode } from "./dag.ts";
import type { StagedPlan } from "./stages.ts";
import type { WgslFunctions } from "./wgsl_functions.ts";
import type { WgslMemory } from "./wgsl_memory.ts";
import type { WgslWidth } from "./wgsl_text.ts";
import { partRoots, type WgslPart } from "./wgsl_width.ts";

/** The lines of a shader's entry point. */
export interface WgslLines {
  add(line: string): void;
  /** Lines in braces behind `head`. */
  block(head: string, body: () => void): void;
  /**
   * Lines in braces behind the head of a loop, which no thread goes through more than `times`
   * times.
   */
  loop(head: string, times: number, body: () => void): void;
  /** Iterations of all loops so far, as `WebgpuPhase` has them. */
  iterations(): number;
  /** A name that nothing has yet. */
  fresh(prefix: string): string;
  text(): string;
}

/** No lines yet. */
export function wgslLines(): WgslLines {
  const lines: string[] = [];
  const counts = new Map<string, number>();
  let indent = "  ";
  let iterations = 0;
  /** How often the current line is reached. */
  let reached = 1;
  const add = (line: string) => void lines.push(`${indent}${line}\n`);
  const block = (head: string, body: () => void) => {
    add(`${head} {`);
    indent += "  ";
    body();
    indent = indent.slice(2);
    add("}");
  };
  return {
    add,
    block,
    loop(head, times, body) {
      iterations += reached * (times + 1);
      const before = reached;
      reached *= times;
      block(head, body);
      reached = before;
    },
    iterations: () => iterations,
    fresh(prefix) {
      const count = counts.get(prefix) ?? 0;
      counts.set(prefix, count + 1);
      return `${prefix}${count}`;
    },
    text: () => lines.join(""),
  };
}

/** The state of writing one part of a program. */
export interface WgslEmission {
  readonly staged: StagedPlan;
  readonly width: WgslWidth;
  readonly memory: WgslMemory;
  readonly functions: WgslFunctions;
  readonly lines: WgslLines;
  /** How often each value is used; one used once needs no name. */
  readonly uses: ReadonlyMap<DagNode, number>;
  /** Names of values by scope, the innermost last. */
  readonly scopes: Map<string, string>[];
  /** Coordinates along each outer dim: i32s. */
  outerAt: readonly string[];
  /** Coordinates along each inner dim: i32s; of the last one, that of a vector's first element. */
  innerAt: readonly string[];
  /** Tells vectors of one row apart whose values are kept at the same time. */
  slot: number;
}

/** What the parts of a shader have in common. */
export type WgslShared = Pick<WgslEmission, "memory" | "functions" | "lines">;

/** The start of writing a part. */
export function wgslEmission(shared: WgslShared, { staged, width }: WgslPart): WgslEmission {
  return {
    ...shared,
    staged,
    width,
    uses: countUses(partRoots(staged)),
    scopes: [new Map()],
    outerAt: [],
    innerAt: [],
    slot: 0,
  };
}

/** Writes a loop as `WgslLines` does; names of values given inside it are gone at its end. */
export function writeLoop(e: WgslEmission, head: string, times: number, body: () => void) {
  e.scopes.push(new Map());
  e.lines.loop(head, times, body);
  e.scopes.pop();
}

/** The coordinates that a number counts, as i32s; `number` is a u32. */
export function coordinatesOf(
  e: WgslEmission,
  number: string,
  sizes: readonly number[],
): string[] {
  const at: string[] = [];
  let rest = sizes.length > 1 && !/^\w+$/.test(number) ? `(${number})` : number;
  for (let i = sizes.length - 1; i >= 0; i--) {
    const name = e.lines.fresh("c");
    const own = i === 0 ? rest : `${rest} % ${sizes[i]}u`;
    e.lines.add(`let ${name} = i32(${own});`);
    at.unshift(name);
    if (i === 0) break;
    const next = e.lines.fresh("r");
    e.lines.add(`let ${next} = ${rest} / ${sizes[i]}u;`);
    rest = next;
  }
  return at;
}
