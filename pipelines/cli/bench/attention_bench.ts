/** Bench `attention`: causal attention composed of products and a softmax, forward and backward. */

import { gradients } from "../../../graph/autodiff/gradient.ts";
import { createBuilder } from "../../../graph/ir/build.ts";
import type { Graph } from "../../../graph/ir/graph.ts";
import { rewriteGraph } from "../../../graph/ir/rewrite.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import { einsum } from "../../../kernels/einsum.ts";
import { map } from "../../../kernels/map.ts";
import { softmax } from "../../../kernels/softmax.ts";
import type { Bench } from "./bench.ts";
import { measureGraph } from "./measure_graph.ts";

const [HEADS, HEAD_DIM] = [8, 32];
const LENGTHS = new Map([1024, 2048, 4096].map((seq) => [`seq ${seq}`, seq]));

/** Measures attention over one sequence; `plan_bytes` has operands, results and all between. */
export const attentionBench: Bench = {
  shapes: [...LENGTHS.keys()],
  async measure(shape, engine) {
    const seq = LENGTHS.get(shape)!;
    const graph = attentionGraph(seq);
    const { figures, limits } = await measureGraph(graph, engine);
    return {
      figures: {
        ...figures,
        tokens_per_s: 1000 * seq / figures.ms_median,
        plan_bytes: makePlan({ attention: graph }).bytes,
      },
      limits,
    };
  },
};

function attentionGraph(seq: number): Graph {
  const builder = createBuilder();
  const [heads, head_dim] = [HEADS, HEAD_DIM];
  const operand = (name: string, dim: string) =>
    builder.input(name, tensor({ batch: 1, [dim]: seq, heads, head_dim }));
  const [queries, keys, values, seed] = [
    operand("queries", "seq"),
    operand("keys", "key"),
    operand("values", "key"),
    operand("seed", "seq"),
  ];
  const [scores] = builder.call(einsum, [queries, keys], {
    eq: "batch seq heads head_dim, batch key heads head_dim -> batch heads seq key",
  });
  const [weights] = builder.call(softmax, [scores], { causal: "seq", scale: HEAD_DIM ** -0.5 });
  const [mixed] = builder.call(einsum, [weights, values], {
    eq: "batch heads seq key, batch key heads head_dim -> batch seq heads head_dim",
  });
  const [dQueries, dKeys, dValues] = gradients(builder, mixed, [queries, keys, values], {
    seed,
    add: (a, b) => builder.call(map, [a, b], { expr: "a + b" })[0],
  });
  return rewriteGraph(builder.finish({
    mixed,
    queries_gradient: dQueries!,
    keys_gradient: dKeys!,
    values_gradient: dValues!,
  }));
}
