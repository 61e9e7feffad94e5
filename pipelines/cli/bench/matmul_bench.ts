/** Bench `matmul`: products of matrices in f32, square and as transformers have them. */

import { createBuilder } from "../../../graph/ir/build.ts";
import type { Graph } from "../../../graph/ir/graph.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { einsum } from "../../../kernels/einsum.ts";
import type { Bench } from "./bench.ts";
import { measureGraph } from "./measure_graph.ts";

/** `c[m, n] = a[m, k] b[k, n]`, either operand stored transposed, in `batch` copies. */
interface Product {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposed?: "a" | "b";
  readonly batch?: number;
}

/** A projection from k to n dims of m tokens: forward, and the gradients of both operands. */
function projection(m: number, k: number, n: number): Product[] {
  return [
    { m, k, n },
    { m, k: n, n: k, transposed: "b" },
    { m: k, k: m, n, transposed: "a" },
  ];
}

/** Scores and weighted values of attention over `seq`, and one of their gradients. */
function attention(batch: number, seq: number, dim: number): Product[] {
  return [
    { m: seq, k: dim, n: seq, transposed: "b", batch },
    { m: seq, k: seq, n: dim, batch },
    { m: seq, k: seq, n: dim, transposed: "a", batch },
  ];
}

const PRODUCTS: readonly Product[] = [
  ...[256, 512, 1024, 2048].map((size) => ({ m: size, k: size, n: size })),
  ...projection(768, 128, 512),
  ...projection(2048, 256, 1024),
  ...projection(2048, 256, 4096),
  ...attention(48, 64, 32),
  ...attention(64, 256, 32),
  ...[1, 4, 12].map((m) => ({ m, k: 512, n: 2048 })),
  { m: 65, k: 65, n: 65 },
];

const named = new Map(PRODUCTS.map((product) => [nameOf(product), product]));

/** Measures products of matrices. */
export const matmulBench: Bench = {
  shapes: [...named.keys()],
  measure: (shape, engine) => measureGraph(graphOf(named.get(shape)!), engine),
};

function nameOf({ m, k, n, transposed, batch }: Product): string {
  const copies = batch === undefined ? "" : `${batch} of `;
  return `${copies}${m} x ${k} x ${n}${
    transposed === undefined ? "" : `, ${transposed} transposed`
  }`;
}

function graphOf({ m, k, n, transposed, batch }: Product): Graph {
  const copies: Record<string, number> = batch === undefined ? {} : { batch };
  const builder = createBuilder();
  const operand = (name: string, sizes: Record<string, number>) =>
    builder.input(name, tensor({ ...copies, ...sizes }));
  const a = operand("a", transposed === "a" ? { k, m } : { m, k });
  const b = operand("b", transposed === "b" ? { n, k } : { k, n });
  const words = [a, b].map(({ type }) => type.dims.map(({ name }) => name).join(" "));
  const result = [...Object.keys(copies), "m", "n"].join(" ");
  const [c] = builder.call(einsum, [a, b], { eq: `${words.join(", ")} -> ${result}` });
  return builder.finish({ c });
}
