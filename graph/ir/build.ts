/** Builds graphs call by call. */

import type { Builder, Graph, Node, Origin, Value } from "./graph.ts";
import { inferCall } from "./infer.ts";
import type { Attrs, Op } from "./op.ts";
import type { TensorType } from "./tensor.ts";

/** A builder that can hand out the finished graph. */
export interface GraphBuilder extends Builder {
  /** The graph of everything `outputs` need; inputs that nothing needs are kept. */
  finish(outputs: Readonly<Record<string, Value>>): Graph;
}

/** Makes an empty builder. Ids of values and nodes count up, so their order is topological. */
export function createBuilder(): GraphBuilder {
  const inputs = new Map<string, Value>();
  const nodes: Node[] = [];
  let values = 0;
  const builder: GraphBuilder = {
    origin: undefined as Origin | undefined,
    input(name: string, type: TensorType): Value {
      if (inputs.has(name)) {
        throw new RangeError(`Cannot add input ${name}: the graph has one of that name`);
      }
      const value = { id: values++, type, node: undefined, index: 0, name };
      inputs.set(name, value);
      return value;
    },
    call(op: Op, operands: readonly Value[], attrs: Attrs = {}): Value[] {
      const call = inferCall(op, operands.map((value) => value.type), attrs);
      const outputs: Value[] = [];
      const node: Node = {
        id: nodes.length,
        op,
        attrs: call.attrs,
        inputs: operands,
        outputs,
        call,
        origin: builder.origin,
      };
      call.outputs.forEach((type, index) =>
        outputs.push({ id: values++, type, node, index, name: "" })
      );
      nodes.push(node);
      return outputs;
    },
    finish(outputs: Readonly<Record<string, Value>>): Graph {
      const needed = neededNodes(Object.values(outputs));
      return {
        inputs: new Map(inputs),
        nodes: nodes.filter((node) => needed.has(node)),
        outputs: new Map(Object.entries(outputs)),
      };
    },
  };
  return builder;
}

/** Every node that `values` depend on. */
function neededNodes(values: Iterable<Value>): Set<Node> {
  const needed = new Set<Node>();
  const open = [...values];
  for (let value = open.pop(); value; value = open.pop()) {
    if (!value.node || needed.has(value.node)) continue;
    needed.add(value.node);
    open.push(...value.node.inputs);
  }
  return needed;
}
