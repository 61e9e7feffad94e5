import assert from "node:assert/strict";
import { createBuilder } from "../../graph/ir/build.ts";
import { inferCall } from "../../graph/ir/infer.ts";
import { formatType, tensor } from "../../graph/ir/tensor.ts";
import { rearrange } from "../../kernels/rearrange.ts";
import { assertRefused, checkOp } from "../check_op.ts";
import { given, uniform } from "../sample.ts";

Deno.test("rearrange() reorders, splits and merges dims", (t) =>
  checkOp(t, rearrange, [
    {
      inputs: [uniform(1, { batch: 2, seq: 3, embed: 8 })],
      attrs: {
        pattern: "batch seq (heads head_dim) -> batch heads seq head_dim",
        names: ["heads"],
        sizes: [2],
      },
      flops: 0,
    },
    {
      inputs: [uniform(2, { batch: 2, heads: 2, seq: 3, head_dim: 5 })],
      attrs: { pattern: "batch heads seq head_dim -> batch seq embed=(heads head_dim)" },
    },
    {
      inputs: [given({ rows: 2, columns: 3 }, [1, 2, 3, 4, 5, 6])],
      attrs: { pattern: "rows columns -> columns rows" },
      expect: [[1, 4, 2, 5, 3, 6]],
    },
    {
      inputs: [uniform(3, { batch: 2, qkv: 12 })],
      attrs: {
        pattern: "batch qkv=(three embed) -> three batch embed",
        names: ["embed"],
        sizes: [4],
      },
    },
    {
      inputs: [uniform(4, { a: 4, b: 6 })],
      attrs: {
        pattern: "(a1 a2) (b1 b2) -> (b2 a1) (a2 b1)",
        names: ["a1", "a2", "b1"],
        sizes: [2, 2, 3],
      },
    },
    // A renamed dim.
    {
      inputs: [uniform(8, { seq: 3, embed: 4 })],
      attrs: { pattern: "seq=(rows) embed -> embed rows" },
    },
    { inputs: [uniform(5, { batch: 1, seq: 5 })], attrs: { pattern: "batch seq -> seq batch" } },
    {
      inputs: [uniform(6, { batch: 2, seq: 4 })],
      attrs: { pattern: "batch (outer inner) -> batch outer inner", names: "outer", sizes: 2 },
    },
    {
      inputs: [uniform(7, { a: 17, b: 9, c: 33 })],
      attrs: { pattern: "a b c -> c b a" },
      smooth: false,
    },
  ]));

Deno.test("rearrange() moves no data where the elements stay in order", () => {
  const aliases = (
    sizes: Record<string, number>,
    attrs: Record<string, string | string[] | number[]>,
  ) => rearrange.alias!(inferCall(rearrange, [tensor(sizes)], attrs));
  const split = { names: ["heads"], sizes: [2] };
  assert.equal(
    aliases({ seq: 3, embed: 8 }, {
      pattern: "seq (heads head_dim) -> seq heads head_dim",
      ...split,
    }),
    true,
  );
  assert.equal(
    aliases({ seq: 3, embed: 8 }, {
      pattern: "seq (heads head_dim) -> heads seq head_dim",
      ...split,
    }),
    false,
  );
  assert.equal(aliases({ seq: 1, embed: 8 }, { pattern: "seq embed -> embed seq" }), true);
  assert.equal(aliases({ seq: 2, embed: 8 }, { pattern: "seq embed -> (seq embed)" }), true);
});

Deno.test("rearrange() names merged dims after their parts, and works on integers", () => {
  const call = inferCall(rearrange, [tensor({ a: 2, b: 3, c: 5 }, "i32")], {
    pattern: "a b c -> (a b) all=(c)",
  });
  assert.equal(formatType(call.outputs[0]), "i32[a_b=6 all=5]");
  const swapped = inferCall(rearrange, [tensor({ a: 2, b: 3 })], { pattern: "a=(b) b=(a) -> b a" });
  assert.equal(formatType(swapped.outputs[0]), "f32[b=2 a=3]");
});

/** The dims of `x`, of its cotangent, and the attributes of the vjp for a pattern. */
function gradientOf(
  sizes: Record<string, number>,
  attrs: Record<string, string | string[] | number[]>,
) {
  const builder = createBuilder();
  const [y] = builder.call(rearrange, [builder.input("x", tensor(sizes))], attrs);
  const [dx] = rearrange.vjp!(builder, y.node!, [builder.input("dy", y.type)]);
  return dx!.node!.attrs;
}

Deno.test("rearrange() turns its pattern round for the gradient, with the sizes of splits only", () => {
  const split = { names: ["heads"], sizes: [2] };
  const pattern = "batch (heads head_dim) -> heads batch head_dim";
  assert.deepEqual(gradientOf({ batch: 3, embed: 8 }, { pattern, ...split }), {
    pattern: "heads batch head_dim -> batch embed=(heads head_dim)",
    names: [],
    sizes: [],
  });
  assert.deepEqual(
    gradientOf({ seq: 3, embed: 8 }, { pattern: "seq=(rows) embed -> embed rows" }),
    {
      pattern: "embed rows -> seq=(rows) embed",
      names: [],
      sizes: [],
    },
  );
  const merge = "batch heads head_dim -> all=(batch heads) head_dim";
  assert.deepEqual(gradientOf({ batch: 3, heads: 2, head_dim: 4 }, { pattern: merge }), {
    pattern: "all=(batch heads) head_dim -> batch heads head_dim",
    names: ["batch", "heads"],
    sizes: [3, 2],
  });
});

Deno.test("rearrange() refuses patterns that do not fit", () => {
  const x = tensor({ batch: 2, embed: 6 });
  const refused = (pattern: string, message: string, attrs = {}) =>
    assertRefused(rearrange, [x], { pattern, ...attrs }, `Cannot call rearrange: ${message}`);
  refused("batch embed", 'the pattern "batch embed" must have one "->"');
  refused("batch embed -> embed", 'the pattern "batch embed -> embed" has batch on one side only');
  refused(
    "batch embed -> a embed batch",
    'the pattern "batch embed -> a embed batch" has a on one side only',
  );
  refused(
    "batch embed -> embed batch batch",
    'the pattern "batch embed -> embed batch batch" has batch twice on one side',
  );
  refused("batch () -> batch", 'the pattern "batch () -> batch" has an empty group');
  refused("batch [e] -> batch", 'the pattern "batch [e] -> batch" cannot be read at "[e]"');
  refused(
    "seq embed -> embed seq",
    'x must have the dims of "seq embed -> embed seq", got [batch=2 embed=6]',
  );
  refused(
    "batch -> batch",
    'x must have the dims of "batch -> batch", got [batch=2 embed=6]',
  );
  const split = "batch (heads head_dim) -> heads batch head_dim";
  refused(split, "the sizes of heads and head_dim are missing, one may be left out");
  const sizes = { names: ["heads"], sizes: [4] };
  refused(split, "dim embed=6 does not split into heads x head_dim", sizes);
  const wrong = { names: ["batch"], sizes: [3] };
  refused("batch embed -> embed batch", "dim batch=2 does not split into batch", wrong);
  refused("a b -> a c", 'the pattern "a b -> a c" has b on one side only');
  refused("a a -> b b", 'the pattern "a a -> b b" has a twice on one side');
});
