/**
 * The tensors of a shader: what their bindings are arrays of, and how elements are read and
 * written.
 */

import { type NodeType, reachable } from "./dag.ts";
import { SCRATCH } from "./scratch.ts";
import { operandName, type WgslElement } from "./wgsl_shader.ts";
import { wgslType, type WgslWidth } from "./wgsl_text.ts";
import { isStepping, partRoots, partStores, type WgslPart } from "./wgsl_width.ts";

/** An array in memory. */
export interface WgslArray {
  readonly name: string;
  readonly type: NodeType;
  readonly width: WgslWidth;
}

/** The arrays of a shader. */
export interface WgslMemory {
  /** The array of the tensor at a position among the parameters, or of the scratch memory. */
  arrayOf(position: number): WgslArray;
  /** What `wgslPhase` is told about the operands, and about scratch. */
  readonly elements: readonly (WgslElement | undefined)[];
  readonly scratch: WgslElement | undefined;
}

/** How memory is used: by vectors or element by element. */
interface Use {
  readonly position: number;
  readonly type: NodeType;
  readonly width: WgslWidth;
  readonly isStore: boolean;
}

/**
 * Finds out what the arrays are. One that is read by vectors consists of them, unless elements are
 * stored in it singly: neighbours in a vector must not be written by different threads. Tensors
 * that share a binding are one array, whatever their types.
 */
export function wgslMemory(parts: readonly WgslPart[], bindings: readonly number[]): WgslMemory {
  const uses = parts.flatMap(usesOf);
  const bindingOf = (position: number) => position === SCRATCH ? -1 : bindings[position];
  const arrays = new Map<number, WgslArray>();
  for (const { position } of uses) {
    const binding = bindingOf(position);
    if (arrays.has(binding)) continue;
    const own = uses.filter((use) => bindingOf(use.position) === binding);
    const isVector = own.some(({ width }) => width === 4) &&
      own.every(({ width, isStore }) => width === 4 || !isStore);
    arrays.set(binding, {
      name: position === SCRATCH ? "scratch" : operandName(bindings, position),
      type: own[0].type,
      width: isVector ? 4 : 1,
    });
  }
  const element = (binding: number): WgslElement | undefined => {
    const array = arrays.get(binding);
    return array && wgslType(array.type, array.width) as WgslElement;
  };
  return {
    arrayOf: (position) => arrays.get(bindingOf(position))!,
    elements: bindings.map(element),
    scratch: element(-1),
  };
}

function usesOf({ staged, width }: WgslPart): Use[] {
  const { plan } = staged;
  const loads = reachable(partRoots(staged)).filter(({ op }) => op === "access")
    .map(({ value, type }) => ({ access: value, type, isStore: false }));
  const stores = partStores(staged)
    .map(({ access, value: { type } }) => ({ access, type, isStore: true }));
  return [...loads, ...stores].map(({ access, type, isStore }) => ({
    position: plan.accesses[access].position,
    type,
    width: isStepping(plan.accesses[access]) ? width : 1,
    isStore,
  }));
}

/**
 * The value at an index: of an element, or for a vector of its first element, a multiple of 4.
 * The index is a name or a number, as it may occur several times.
 */
export function loadText(
  array: WgslArray,
  index: string,
  type: NodeType,
  width: WgslWidth,
): string {
  const { name } = array;
  const text = width === 4
    ? array.width === 4
      ? `${name}[${index} >> 2u]`
      : `vec4<${array.type}>(${[0, 1, 2, 3].map((i) => `${name}[${index} + ${i}]`).join(", ")})`
    : array.width === 4
    ? `${name}[${index} >> 2u][${index} & 3]`
    : `${name}[${index}]`;
  return array.type === type ? text : `bitcast<${wgslType(type, width)}>(${text})`;
}

/** Statements that store a value, a name or a number, at an index as `loadText` takes it. */
export function storeTexts(
  array: WgslArray,
  index: string,
  value: string,
  type: NodeType,
  width: WgslWidth,
): string[] {
  const { name } = array;
  const bits = array.type === type ? value : `bitcast<${wgslType(array.type, width)}>(${value})`;
  if (width === 1) return [`${name}[${index}] = ${bits};`];
  if (array.width === 4) return [`${name}[${index} >> 2u] = ${bits};`];
  return [0, 1, 2, 3].map((i) => `${name}[${index} + ${i}] = ${bits}[${i}];`);
}
