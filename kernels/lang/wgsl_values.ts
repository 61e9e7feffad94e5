/** Writes values: what is used several times gets a name where it is first needed. */

import type { DagNode } from "./dag.ts";
import { ROW } from "./node_facts.ts";
import type { StageStore } from "./stages.ts";
import type { WgslEmission } from "./wgsl_emission.ts";
import { loadText, storeTexts } from "./wgsl_memory.ts";
import { operationText, splatText } from "./wgsl_operation.ts";
import { wgslType, type WgslWidth } from "./wgsl_text.ts";
import { isStepping } from "./wgsl_width.ts";

/** Longest text of a value that has no name of its own. */
const MOST_CHARACTERS = 70;

/** True for values of which a vector has four. */
export function isVector({ width, staged }: WgslEmission, node: DagNode): boolean {
  return width === 4 && staged.facts.variesByLane(node);
}

/** The text of a value: of a vector where it differs between the elements of one. */
export function valueText(e: WgslEmission, node: DagNode): string {
  const known = nameOf(e, node);
  if (known !== undefined) return known;
  const text = computeText(e, node);
  const isPlain = node.op === "const" || node.op === "index";
  const isShort = (e.uses.get(node) ?? 0) <= 1 && text.length <= MOST_CHARACTERS;
  return isPlain || isShort ? text : bindValue(e, node, text);
}

/** The text of a value with as many elements as a vector has. */
export function wideText(e: WgslEmission, node: DagNode): string {
  if (e.width === 1 || isVector(e, node)) return valueText(e, node);
  if (node.op === "const") return splatText(node.type, node.value, 4, e.functions);
  return `${wgslType(node.type, 4)}(${valueText(e, node)})`;
}

/** Gives a value a name, valid to the end of the block. */
export function bindValue(e: WgslEmission, node: DagNode, text: string): string {
  const name = hold(e, text);
  e.scopes[e.scopes.length - 1].set(keyOf(e, node), name);
  return name;
}

/** Gives the values of `roots` and what they depend on names where `belongs` holds. */
export function prepareValues(
  e: WgslEmission,
  roots: readonly DagNode[],
  belongs: (node: DagNode) => boolean,
) {
  const seen = new Set<DagNode>();
  const visit = (node: DagNode) => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.op === "const" || nameOf(e, node) !== undefined) return;
    if (belongs(node)) bindValue(e, node, computeText(e, node));
    else node.args.forEach(visit);
  };
  roots.forEach(visit);
}

/** Where elements are stored, and what in place of those that do not exist. */
export interface StoreCondition {
  /** A bool that is false where nothing is stored; absent for true. */
  readonly condition?: string | undefined;
  /** For each element whether its value is stored; elsewhere `fill` is. */
  readonly mask?: string | undefined;
}

/** Stores values. All are computed first: what is stored may overwrite an operand. */
export function writeStores(
  e: WgslEmission,
  stores: readonly StageStore[],
  { condition, mask }: StoreCondition = {},
) {
  if (stores.length === 0) return;
  const { fill } = e.staged.plan;
  const isOne = stores.length === 1 && condition === undefined;
  const values = stores.map(({ access, value }) => {
    const width = accessWidth(e, access);
    const text = width === 4 ? wideText(e, value) : valueText(e, value);
    const filled = mask === undefined
      ? text
      : `select(${splatText(value.type, fill, width, e.functions)}, ${text}, ${mask})`;
    const isNamed = filled === nameOf(e, value);
    return isNamed || (isOne && text.length <= MOST_CHARACTERS) ? filled : hold(e, filled);
  });
  const write = () =>
    stores.forEach(({ access, value: { type } }, i) => {
      const width = accessWidth(e, access);
      const array = e.memory.arrayOf(e.staged.plan.accesses[access].position);
      const address = addressText(e, access, undefined);
      const index = width === array.width ? address : hold(e, address);
      const value = width === array.width ? values[i] : hold(e, values[i]);
      for (const line of storeTexts(array, index, value, type, width)) e.lines.add(line);
    });
  if (condition === undefined) write();
  else e.lines.block(`if (${condition})`, write);
}

/** A name for a text. */
export function hold(e: WgslEmission, text: string): string {
  const name = e.lines.fresh("v");
  e.lines.add(`let ${name} = ${text};`);
  return name;
}

function keyOf(e: WgslEmission, node: DagNode): string {
  return e.staged.facts.depth(node) > ROW ? `${node.id}:${e.slot}` : `${node.id}`;
}

function nameOf(e: WgslEmission, node: DagNode): string | undefined {
  const key = keyOf(e, node);
  return e.scopes.findLast((scope) => scope.has(key))?.get(key);
}

function computeText(e: WgslEmission, node: DagNode): string {
  switch (node.op) {
    case "const":
      return splatText(node.type, node.value, 1, e.functions);
    case "index":
      return indexText(e, node);
    case "access":
      return accessText(e, node);
    case "sum":
    case "maximum":
      throw new Error(`Cannot emit ${node.op}: its pass has not been written`);
    default: {
      const width = isVector(e, node) ? 4 : 1;
      const args = node.args.map((arg) => width === 4 ? wideText(e, arg) : valueText(e, arg));
      return operationText(node, args, width, e.functions);
    }
  }
}

function indexText(e: WgslEmission, node: DagNode): string {
  const { plan } = e.staged;
  const inner = plan.inner.findIndex(({ name }) => name === node.name);
  const outer = plan.outer.findIndex(({ name }) => name === node.name);
  const at = inner >= 0 ? e.innerAt[inner] : e.outerAt[outer];
  return isVector(e, node) ? `(vec4<i32>(${at}) + vec4<i32>(0, 1, 2, 3))` : at;
}

function accessText(e: WgslEmission, node: DagNode): string {
  const width = accessWidth(e, node.value);
  const array = e.memory.arrayOf(e.staged.plan.accesses[node.value].position);
  const index = addressText(e, node.value, node.args[0]);
  const isSplit = width !== array.width;
  return loadText(array, isSplit ? hold(e, index) : index, node.type, width);
}

/** Elements that an access moves at once. */
function accessWidth(e: WgslEmission, access: number): WgslWidth {
  return isStepping(e.staged.plan.accesses[access]) ? e.width : 1;
}

/** The index of the element that an access is at. */
function addressText(e: WgslEmission, access: number, offset: DagNode | undefined): string {
  const { start, outer, inner } = e.staged.plan.accesses[access];
  const terms: string[] = [];
  const step = (at: string, stride: number) => {
    if (stride !== 0) terms.push(stride === 1 ? at : `${at} * ${stride}`);
  };
  outer.forEach((stride, i) => step(e.outerAt[i], stride));
  inner.forEach((stride, i) => step(e.innerAt[i], stride));
  if (offset) terms.push(valueText(e, offset));
  if (start !== 0 || terms.length === 0) terms.push(`${start}`);
  return terms.length === 1 ? terms[0] : `(${terms.join(" + ")})`;
}
