/** The reference engine: interprets graphs with each op's own definition, in double precision. */

import type { Graph, Node, Value } from "../../graph/ir/graph.ts";
import type { Plan } from "../../graph/plan/plan.ts";
import { sizeOf } from "../../graph/ir/tensor.ts";
import { bufferOf, type Device, programOf, snapshotNow } from "../device.ts";
import { describeNode } from "../describe_node.ts";

/** Loads a plan on the reference engine. Buffers hold doubles, whatever their dtype. */
export function openReferenceDevice(plan: Plan): Device {
  const buffers = new Map<string, Float64Array>();
  for (const { name, type } of plan.buffers.values()) {
    buffers.set(name, new Float64Array(sizeOf(type)));
  }
  const device: Device = {
    name: "device 0 (reference)",
    plan,
    write(name, elements) {
      bufferOf(device, "write", name, elements.length);
      buffers.get(name)!.set(elements);
    },
    run(name) {
      const program = programOf(device, name);
      try {
        for (const [output, values] of interpret(program.graph, buffers)) {
          buffers.set(output, values);
        }
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        throw new Error(`Cannot run program ${name} on ${device.name}: ${detail}`, {
          cause: error,
        });
      }
    },
    snapshot: (names) =>
      snapshotNow(names.map((name) => {
        bufferOf(device, "snapshot", name);
        return buffers.get(name)!.slice();
      })),
    read(name) {
      return new Promise((resolve) => {
        bufferOf(device, "read", name);
        resolve(buffers.get(name)!.slice());
      });
    },
    close() {
      buffers.clear();
      return Promise.resolve();
    },
  };
  return device;
}

/** Computes every output of a graph from the values of its inputs, which are left as they are. */
function interpret(
  graph: Graph,
  buffers: ReadonlyMap<string, Float64Array>,
): Map<string, Float64Array> {
  const values = new Map<Value, Float64Array>();
  for (const [name, value] of graph.inputs) values.set(value, buffers.get(name)!);
  const lastReader = new Map<Value, Node>();
  for (const node of graph.nodes) for (const value of node.inputs) lastReader.set(value, node);
  const kept = new Set(graph.outputs.values());

  for (const node of graph.nodes) {
    const results = compute(node, node.inputs.map((value) => values.get(value)!));
    node.outputs.forEach((value, i) => values.set(value, results[i]));
    // Nothing reads these again: let their memory go.
    for (const value of [...node.inputs, ...node.outputs]) {
      const dead = (lastReader.get(value) ?? node) === node;
      if (dead && !kept.has(value)) values.delete(value);
    }
  }
  // Copies, so that no two buffers share memory when an op returned its operand as it was.
  return new Map([...graph.outputs].map(([name, value]) => [name, values.get(value)!.slice()]));
}

function compute(node: Node, inputs: Float64Array[]): Float64Array[] {
  let results: Float64Array[];
  try {
    results = node.op.reference(inputs, node.call);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(`${describeNode(node)} failed: ${detail}`, { cause: error });
  }
  node.outputs.forEach(({ type }, i) => {
    if (results[i]?.length !== sizeOf(type)) {
      throw new Error(
        `${describeNode(node)} gave ${results[i]?.length} elements for ${node.op.outputs[i]}, ` +
          `expected ${sizeOf(type)}`,
      );
    }
  });
  return results;
}
