/**
 * Makes a plan: every named input and output of the graphs becomes a buffer, shared by name among
 * the programs; everything else lives in a scratch region that the programs share, each value from
 * its first write to its last read.
 */

import type { Graph, Node, Value } from "../ir/graph.ts";
import { BYTES_PER_ELEMENT, formatType, sameType, sizeOf, type TensorType } from "../ir/tensor.ts";
import { alignedBytes, type Arena, createArena } from "./arena.ts";
import type { Buffer, Copy, Launch, Plan, Program } from "./plan.ts";

/**
 * Plans `programs`; `region` is how far apart the scratch can be cut (see `createArena`). Throws an
 * Error if two of them disagree on the type of a buffer.
 */
export function makePlan(programs: Readonly<Record<string, Graph>>, region = Infinity): Plan {
  const buffers = new Map<string, Buffer>();
  let bytes = 0;
  for (const [program, graph] of Object.entries(programs)) {
    for (const [name, { type }] of [...graph.inputs, ...graph.outputs]) {
      const known = buffers.get(name);
      if (!known) {
        buffers.set(name, { name, type, address: bytes });
        bytes += alignedBytes(bytesOf(type));
      } else if (!sameType(known.type, type)) {
        throw new TypeError(
          `Cannot plan ${program}: buffer ${name} is ${formatType(type)}, ` +
            `elsewhere it is ${formatType(known.type)}`,
        );
      }
    }
  }
  const scratch = bytes;
  const planned = new Map<string, Program>();
  for (const [name, graph] of Object.entries(programs)) {
    const { program, peak } = planProgram(name, graph, buffers, createArena(scratch, region));
    planned.set(name, program);
    bytes = Math.max(bytes, peak);
  }
  return { buffers, programs: planned, bytes };
}

/** Bytes of a tensor. */
export function bytesOf(type: TensorType): number {
  return sizeOf(type) * BYTES_PER_ELEMENT;
}

function planProgram(
  name: string,
  graph: Graph,
  buffers: ReadonlyMap<string, Buffer>,
  arena: Arena,
): { program: Program; peak: number } {
  const lifetimes = findLifetimes(graph);
  const { homes, copied } = placeOutputs(graph, buffers, lifetimes);
  const address = new Map<Value, number>();
  for (const [input, value] of graph.inputs) address.set(value, buffers.get(input)!.address);
  for (const [value, home] of homes) address.set(value, home);

  const launches = graph.nodes.filter((node) => !isAlias(node)).map((node, step): Launch => {
    const inputs = node.inputs.map((value) => address.get(rootOf(value))!);
    for (const output of node.outputs) {
      if (address.has(output)) continue;
      const reused = reusableInput(node, output, step, lifetimes, homes, address);
      if (reused) {
        address.set(output, address.get(reused)!);
        lifetimes.lastUse.set(reused, -1);
      } else address.set(output, arena.allocate(bytesOf(output.type)));
    }
    const outputs = node.outputs.map((value) => address.get(value)!);
    for (const value of new Set([...node.inputs.map(rootOf), ...node.outputs])) {
      const dead = (lifetimes.lastUse.get(value) ?? step) === step;
      if (dead && value.node && !homes.has(value)) {
        arena.free(address.get(value)!, bytesOf(value.type));
      }
    }
    return { node, inputs, outputs };
  });
  const copies = copied.map(([output, value]): Copy => {
    const buffer = buffers.get(output)!;
    return { from: address.get(rootOf(value))!, to: buffer.address, bytes: bytesOf(buffer.type) };
  });
  return { program: { name, graph, launches, copies }, peak: arena.peak };
}

/** When each root value is written and last read, in launches; outputs live to the end. */
interface Lifetimes {
  readonly written: Map<Value, number>;
  readonly lastUse: Map<Value, number>;
}

function findLifetimes(graph: Graph): Lifetimes {
  const written = new Map<Value, number>();
  const lastUse = new Map<Value, number>();
  const launched = graph.nodes.filter((node) => !isAlias(node));
  launched.forEach((node, step) => {
    for (const value of node.outputs) written.set(value, step);
    for (const value of node.inputs) lastUse.set(rootOf(value), step);
  });
  for (const value of graph.outputs.values()) lastUse.set(rootOf(value), launched.length);
  return { written, lastUse };
}

/**
 * Decides which outputs are computed straight into their buffer. One that overwrites an input of
 * the same name may be, where every other reader of that input comes before, and the writer itself
 * either does not read it or says that it may work in place. All others are copied at the end.
 */
function placeOutputs(
  graph: Graph,
  buffers: ReadonlyMap<string, Buffer>,
  { written, lastUse }: Lifetimes,
): { homes: Map<Value, number>; copied: [string, Value][] } {
  const homes = new Map<Value, number>();
  const copied: [string, Value][] = [];
  for (const [name, value] of graph.outputs) {
    const root = rootOf(value);
    const input = graph.inputs.get(name);
    if (root === input) continue;
    if (root.node && !homes.has(root) && mayOverwrite(root, input, written, lastUse)) {
      homes.set(root, buffers.get(name)!.address);
    } else copied.push([name, value]);
  }
  const sources = new Set(copied.map(([, value]) => rootOf(value)));
  for (const [name, input] of graph.inputs) {
    const overwritten = graph.outputs.has(name) && rootOf(graph.outputs.get(name)!) !== input;
    if (overwritten && sources.has(input)) {
      throw new Error(`Cannot plan the graph: input ${name} is overwritten and also an output`);
    }
  }
  return { homes, copied };
}

function mayOverwrite(
  root: Value,
  input: Value | undefined,
  written: ReadonlyMap<Value, number>,
  lastUse: ReadonlyMap<Value, number>,
): boolean {
  if (!input) return true;
  const last = lastUse.get(input) ?? -1;
  const at = written.get(root)!;
  return last < at || (last === at && worksInPlace(root, input));
}

/** True if the node of `output` reads `input` only as the operand that `output` may overwrite. */
function worksInPlace(output: Value, input: Value): boolean {
  const { op, inputs } = output.node!;
  const operand = op.inPlace[op.outputs[output.index]];
  return operand !== undefined &&
    inputs.every((value, i) => rootOf(value) !== input || op.inputs[i] === operand);
}

/** An operand of `node` in scratch that dies here and whose memory `output` may take. */
function reusableInput(
  node: Node,
  output: Value,
  step: number,
  { lastUse }: Lifetimes,
  homes: ReadonlyMap<Value, number>,
  address: ReadonlyMap<Value, number>,
): Value | undefined {
  const operand = node.op.inPlace[node.op.outputs[output.index]];
  const value = node.inputs[node.op.inputs.indexOf(operand)];
  if (operand === undefined || !value) return undefined;
  const root = rootOf(value);
  const fits = root.node && !homes.has(root) && lastUse.get(root) === step &&
    address.has(root) && bytesOf(root.type) === bytesOf(output.type) && worksInPlace(output, root);
  return fits ? root : undefined;
}

/** The value whose memory `value` is: itself, or what a chain of aliases renames. */
export function rootOf(value: Value): Value {
  let root = value;
  while (root.node && isAlias(root.node)) root = root.node.inputs[0];
  return root;
}

/** True if the node only gives its first operand another type. */
export function isAlias(node: Node): boolean {
  return node.op.alias?.(node.call) ?? false;
}
