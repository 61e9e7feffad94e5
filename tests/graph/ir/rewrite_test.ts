import { equal, throws } from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import { formatGraph } from "../../../graph/ir/format_graph.ts";
import type { Graph } from "../../../graph/ir/graph.ts";
import { rewriteGraph } from "../../../graph/ir/rewrite.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { verifyGraph } from "../../../graph/ir/verify.ts";
import { add, double, same } from "../_toy_ops.ts";

function example(): Graph {
  const builder = createBuilder();
  const x = builder.input("x", tensor({ n: 4 }));
  const [named] = builder.call(same, [x]);
  const [a] = builder.call(double, [named]);
  const [b] = builder.call(double, [x]);
  const [c] = builder.call(add, [a, x]);
  const [d] = builder.call(add, [b, x]);
  return builder.finish({ sum: builder.call(add, [c, d])[0] });
}

Deno.test("formatGraph() prints a graph as text", () => {
  equal(
    formatGraph(example()),
    `%0 = input x: f32[n=4]
%1 = same(%0): f32[n=4]
%2 = double(%1): f32[n=4]
%3 = double(%0): f32[n=4]
%4 = add(%2, %0): f32[n=4]
%5 = add(%3, %0): f32[n=4]
%6 = add(%4, %5): f32[n=4]
output sum = %6
`,
  );
});

Deno.test("rewriteGraph() folds, then deduplicates", () => {
  equal(
    formatGraph(rewriteGraph(example(), ["deduplicate", "fold"])),
    `%0 = input x: f32[n=4]
%1 = double(%0): f32[n=4]
%2 = add(%1, %0): f32[n=4]
%3 = add(%2, %2): f32[n=4]
output sum = %3
`,
  );
});

Deno.test("rewriteGraph() fuses producers that nothing else reads", () => {
  equal(
    formatGraph(rewriteGraph(example())),
    `%0 = input x: f32[n=4]
%1 = add_twice(%0, %0): f32[n=4]
%2 = add(%1, %1): f32[n=4]
output sum = %2
`,
  );
  const builder = createBuilder();
  const x = builder.input("x", tensor({ n: 4 }));
  const [twice] = builder.call(double, [x]);
  const [sum] = builder.call(add, [twice, x]);
  const shared = rewriteGraph(builder.finish({ twice, sum }));
  equal(shared.nodes.map((node) => node.op.name).join(), "double,add");
});

Deno.test("verifyGraph() finds what does not belong", () => {
  const graph = example();
  verifyGraph(graph);
  throws(
    () => verifyGraph({ ...graph, nodes: graph.nodes.slice(1) }),
    {
      message:
        "Cannot accept the graph after build: node 1 (double) uses operand 1 before it is defined",
    },
  );
  throws(
    () => verifyGraph({ ...graph, nodes: [...graph.nodes, graph.nodes[0]] }, "test"),
    { message: "Cannot accept the graph after test: node 0 (same) defines value 1 again" },
  );
  const [first, ...rest] = graph.nodes;
  const wrong = { ...first, outputs: first.outputs.map((value) => ({ ...value })) };
  throws(() => verifyGraph({ ...graph, nodes: [wrong, ...rest] }), /does not own its result 1/);
});
