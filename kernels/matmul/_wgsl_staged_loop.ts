/**
 * The loop over k of a matmul shader whose workgroups copy their operands to shared memory. Only
 * tests and the bench ask for it so far: `chooseWebgpuTiling` says why.
 */

import type { WgslSharedArray } from "../lang/wgsl_shader.ts";
import { wgslProduct, wgslQuotient, wgslRemainder, wgslSum, wgslTerms } from "./_wgsl_offset.ts";
import { block, type Loop, named, type ShaderPart } from "./_wgsl_parts.ts";
import { multiplySteps, range } from "./_wgsl_product.ts";
import { kOffsets, loadQuad, rowOffsets } from "./_wgsl_quads.ts";
import { extent } from "./contraction.ts";

/** Adds up k: a slice of both operands is copied, then multiplied, by all threads together. */
export function stagedLoop({ problem, tiling, quads, names }: Loop): ShaderPart {
  const { rows, columns, depth } = tiling;
  const tiles = {
    a: tileOf("a", { problem, tiling, quads, names }),
    b: tileOf("b", { problem, tiling, quads, names }),
  };
  const shape = { rows, columns, alongK: { a: quads.a.alongK, b: quads.b.alongK } };
  const multiply = (count: number) =>
    range(Math.ceil(count / 4)).flatMap((q) =>
      block(
        multiplySteps(
          shape,
          Math.min(4, count - 4 * q),
          (operand, unit, step) => tiles[operand].load(q, unit, step),
        ),
      )
    );
  const turn = (count: number) => [
    ...tiles.a.copy(count < depth),
    ...tiles.b.copy(count < depth),
    "workgroupBarrier();",
    ...multiply(count),
    "workgroupBarrier();",
  ];
  const k = extent(problem.k);
  const body = [...tiles.a.prepare, ...tiles.b.prepare, "var k = k_begin;"];
  if (k >= depth) {
    body.push(...block(turn(depth), `for (; k + ${depth}u <= k_end; k += ${depth}u)`));
  }
  if (k % depth > 0) body.push(...block(turn(k % depth), "if (k < k_end)"));
  return { shared: [tiles.a.array, tiles.b.array], body };
}

/** A slice of an operand in shared memory, and what writes and reads it. */
interface SharedTile {
  readonly array: WgslSharedArray;
  /** Statements before the loop. */
  readonly prepare: readonly string[];
  /** Statements that copy the slice from k on; with `clamp`, where k ends within it. */
  copy(clamp: boolean): string[];
  /** A quad of this thread, as `multiplySteps` asks for it, of the slice's quad `q` of steps. */
  load(q: number, unit: number, step: number): string;
}

function tileOf(operand: "a" | "b", { tiling, quads, names }: Loop): SharedTile {
  const { threads, depth } = tiling;
  const axis = operand === "a" ? "m" : "n";
  const own = operand === "a" ? tiling.rows : tiling.columns;
  const width = own * threads[axis];
  const { alongK } = quads[operand];
  // Rows of quads along k are two quads longer than they need be: threads that write at once should
  // not meet in a bank of the memory. What it is worth on a GPU has not been measured.
  const pitch = alongK ? width + 2 : width / 4;
  const size = alongK ? pitch * depth / 4 : pitch * depth;
  const across = alongK ? depth / 4 : width / 4;
  const total = width * depth / 4;
  const count = threads.m * threads.n;
  const prepare: string[] = [];
  const slots = range(Math.ceil(total / count)).map((s) => {
    const slot = wgslSum("thread", `${s * count}u`);
    const inner = wgslRemainder(slot, across);
    const outer = wgslQuotient(slot, across);
    const row = wgslSum(`tile_${axis} * ${width}u`, alongK ? outer : wgslProduct(`(${inner})`, 4));
    const offsets = rowOffsets(quads[operand], row).map((at) => wgslTerms(`batch_${operand}`, at));
    const [places, lines] = named(`${operand}_from${s}`, offsets);
    prepare.push(
      ...lines,
      `let ${operand}_step${s} = ${alongK ? wgslProduct(`(${inner})`, 4) : outer};`,
      `let ${operand}_to${s} = ${
        alongK ? `(${inner}) * ${pitch}u + ${outer}` : `(${outer}) * ${pitch}u + ${inner}`
      };`,
    );
    return places;
  });
  const index = (unit: number) => wgslSum(`${unit * threads[axis]}u`, `thread_${axis}`);
  return {
    array: { name: `tile_${operand}`, element: "vec4<f32>", count: size },
    prepare,
    copy: (clamp) =>
      slots.flatMap((row, s) => {
        const k = kOffsets(quads[operand], `(k + ${operand}_step${s})`, clamp);
        const quad = loadQuad(quads[operand], names[operand], { row, k, step: 0, count: 4 });
        const store = `tile_${operand}[${operand}_to${s}] = ${quad};`;
        const isFull = (s + 1) * count <= total;
        return isFull ? [store] : block([store], `if (thread < ${total - s * count}u)`);
      }),
    load: (q, unit, step) =>
      alongK
        ? `tile_${operand}[${
          wgslTerms(`${q * pitch + (unit & 3)}u`, wgslProduct(index(unit >> 2), Math.min(4, own)))
        }]`
        : `tile_${operand}[${wgslTerms(`${(4 * q + step) * pitch}u`, index(unit))}]`,
  };
}
