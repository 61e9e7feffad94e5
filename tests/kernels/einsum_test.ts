import assert from "node:assert/strict";
import { createBuilder } from "../../graph/ir/build.ts";
import { inferCall } from "../../graph/ir/infer.ts";
import { formatType, sizeOf, tensor, type TensorType } from "../../graph/ir/tensor.ts";
import { einsum } from "../../kernels/einsum.ts";
import { checkOp } from "../check_op.ts";
import { uniform } from "../sample.ts";
import { loadWasmKernel } from "./_run_wasm_kernel.ts";

type Sizes = Readonly<Record<string, number>>;

/** Tensor types of the operands an equation names. */
function operands(eq: string, sizes: Sizes): TensorType[] {
  return eq.split("->")[0].split(",").map((operand) =>
    tensor(Object.fromEntries(operand.trim().split(/\s+/).map((name) => [name, sizes[name]])))
  );
}

/** Multiples of 1/4 whose products and sums are exact in either precision. */
function values(type: TensorType, seed: number): Float64Array {
  return Float64Array.from({ length: sizeOf(type) }, (_, i) => ((i * 37 + seed * 11) % 17 - 8) / 4);
}

/** Runs the wasm kernel on 1, 2 and 3 threads against the reference; all must be equal. */
function check(eq: string, sizes: Sizes) {
  const types = operands(eq, sizes);
  const call = inferCall(einsum, types, { eq });
  const inputs = types.map(values);
  const [want] = einsum.reference(inputs, call);
  const kernel = einsum.kernel?.(call).wasm();
  assert.ok(kernel);
  for (const threads of [1, 2, 3]) {
    const loaded = loadWasmKernel(kernel, inputs.map((x) => Float32Array.from(x)), [want.length]);
    loaded.launch(threads);
    loaded.checkGuards();
    assert.deepEqual([...loaded.outputs[0]], [...want], `${eq} on ${threads} threads`);
  }
}

Deno.test("einsum() multiplies matrices", () => {
  const call = inferCall(einsum, [tensor({ m: 2, k: 3 }), tensor({ k: 3, n: 2 })], {
    eq: "m k, k n -> m n",
  });
  const [c] = einsum.reference(
    [Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, 0, 0, 1, 2, 3)],
    call,
  );
  assert.deepEqual([...c], [7, 11, 16, 23]);
  assert.equal(einsum.flops(call), 2 * 2 * 3 * 2);
});

Deno.test("einsum() computes projections, their gradients and every transpose", () => {
  const sizes = { batch: 2, seq: 9, embed: 13, heads: 3, head_dim: 4, mlp: 18 };
  for (
    const eq of [
      "batch seq embed, embed heads head_dim -> batch seq heads head_dim",
      "batch seq heads head_dim, heads head_dim embed -> batch seq embed",
      "batch seq heads head_dim, embed heads head_dim -> batch seq embed",
      "batch seq embed, batch seq heads head_dim -> embed heads head_dim",
      "batch seq embed, embed mlp -> batch seq mlp",
      "batch seq embed, mlp embed -> batch mlp seq",
      "embed batch seq, mlp embed -> mlp seq batch",
      "batch seq mlp, embed mlp -> batch seq embed",
      "batch seq embed, batch seq mlp -> mlp embed",
      "batch seq embed, embed heads head_dim -> batch heads seq head_dim",
    ]
  ) check(eq, sizes);
});

Deno.test("einsum() computes grouped-query attention and its gradients in place", () => {
  const q = "batch seq kv_heads group head_dim";
  const k = "batch key kv_heads head_dim";
  const scores = "batch kv_heads group seq key";
  for (const length of [{ seq: 16, key: 16 }, { seq: 11, key: 7 }, { seq: 1, key: 21 }]) {
    const sizes = { batch: 2, kv_heads: 2, group: 3, head_dim: 8, ...length };
    for (
      const eq of [
        `${q}, ${k} -> ${scores}`,
        `${scores}, ${k} -> ${q}`,
        `${scores}, ${q} -> ${k}`,
        `${q}, ${scores} -> ${k}`,
      ]
    ) check(eq, sizes);
  }
});

Deno.test("einsum() handles batches, outer products, dot products and vectors", () => {
  const sizes = { experts: 3, slots: 5, embed: 12, mlp: 7, seq: 10 };
  for (
    const eq of [
      "experts slots embed, experts embed mlp -> experts slots mlp",
      "experts slots embed, experts mlp embed -> experts slots mlp",
      "experts slots embed, experts embed mlp -> slots mlp experts",
      "embed, mlp -> embed mlp",
      "embed, embed -> ",
      "seq embed, seq embed -> seq embed",
      "seq embed, embed -> seq",
      "seq embed, seq -> embed",
      "embed, seq embed -> seq",
    ]
  ) check(eq, sizes);
});

Deno.test("einsum() takes upper-case variables and leading dims", () => {
  const types = [tensor({ batch: 2, seq: 3, embed: 4 }), tensor({ embed: 4, vocab: 5 })];
  const call = inferCall(einsum, types, { eq: "... K, K N -> ... N" });
  assert.equal(formatType(call.outputs[0]), "f32[batch=2 seq=3 vocab=5]");
  assert.equal(einsum.flops(call), 2 * 6 * 4 * 5);
});

Deno.test("einsum() has einsums as gradients, exact for each element", () => {
  const eq = "batch seq embed, embed heads -> batch heads seq";
  const types = operands(eq, { batch: 2, seq: 3, embed: 4, heads: 2 });
  const builder = createBuilder();
  const [a, b] = types.map((type, i) => builder.input("ab"[i], type));
  const [c] = builder.call(einsum, [a, b], { eq });
  assert.ok(c.node);
  const dc = builder.input("dc", c.type);
  const [da, db] = einsum.vjp?.(builder, c.node, [dc]) ?? [];
  assert.equal(da?.node?.attrs.eq, "batch heads seq, embed heads -> batch seq embed");
  assert.equal(db?.node?.attrs.eq, "batch seq embed, batch heads seq -> embed heads");
  // Bilinear: the derivative in one element is the result for the unit vector of that element.
  const [x, y, w] = [...types, c.type].map(values);
  const { call } = c.node;
  const inner = (operands: readonly Float64Array[]) =>
    einsum.reference(operands, call)[0].reduce((total, value, i) => total + value * w[i], 0);
  const unit = (n: number, i: number) => Float64Array.from({ length: n }, (_, j) => +(i === j));
  assert.deepEqual(
    [...einsum.reference([w, y], da.node.call)[0]],
    Array.from(x, (_, i) => inner([unit(x.length, i), y])),
  );
  assert.deepEqual(
    [...einsum.reference([x, w], db.node.call)[0]],
    Array.from(y, (_, i) => inner([x, unit(y.length, i)])),
  );
});

Deno.test("einsum() refuses what other ops do, and dims in one operand only", () => {
  const x = tensor({ seq: 3, embed: 4 });
  const refuses = (types: TensorType[], eq: string, message: RegExp) =>
    assert.throws(() => inferCall(einsum, types, { eq }), message);
  refuses(
    [x, x],
    "seq embed -> seq",
    /Cannot call einsum: .* 1 operands .* expected 2 and 1 .*sum .*rearrange/,
  );
  refuses(
    [x, tensor({ embed: 4, mlp: 2 })],
    "seq embed, embed mlp -> seq",
    /Cannot call einsum: dim mlp of ".*" is in one operand and not in the result/,
  );
  refuses([x, tensor({ mlp: 2 })], "seq embed, embed -> seq", /b must have dims \[embed\]/);
  refuses([x, tensor({ embed: 5 })], "seq embed, embed -> seq", /embed=4 in a but embed=5 in b/);
});

Deno.test("einsum() obeys its definition", (t) =>
  checkOp(t, einsum, [
    {
      inputs: [uniform(1, { batch: 2, seq: 3, embed: 5 }), uniform(2, { embed: 5, mlp: 4 })],
      attrs: { eq: "batch seq embed, embed mlp -> batch seq mlp" },
      flops: 240,
    },
    {
      inputs: [
        uniform(3, { batch: 2, seq: 3, heads: 2, head_dim: 4 }),
        uniform(4, { batch: 2, key: 5, heads: 2, head_dim: 4 }),
      ],
      attrs: {
        eq: "batch seq heads head_dim, batch key heads head_dim -> batch heads seq key",
      },
    },
    { inputs: [uniform(5, { a: 3 }), uniform(6, { b: 2 })], attrs: { eq: "a, b -> b a" } },
    { inputs: [uniform(7, { a: 7 }), uniform(8, { a: 7 })], attrs: { eq: "a, a -> " } },
    {
      inputs: [uniform(9, { seq: 3, embed: 4 }), uniform(1, { embed: 4 })],
      attrs: { eq: "seq embed, embed -> seq embed" },
    },
    {
      inputs: [uniform(2, { seq: 1, embed: 1 }), uniform(3, { embed: 1, mlp: 9 })],
      attrs: { eq: "seq embed, embed mlp -> seq mlp" },
    },
    {
      inputs: [uniform(4, { seq: 70, embed: 65 }), uniform(5, { embed: 65, mlp: 67 })],
      attrs: { eq: "seq embed, embed mlp -> seq mlp" },
      smooth: false,
    },
  ]));
