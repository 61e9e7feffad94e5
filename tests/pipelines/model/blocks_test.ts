import assert from "node:assert/strict";
import { createBuilder } from "../../../graph/ir/build.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { ops } from "../../../kernels/mod.ts";
import { library } from "../../../pipelines/model/blocks_of.ts";
import { checkBlock } from "../../../pipelines/model/check_block.ts";
import { compileModel } from "../../../pipelines/model/compile_model.ts";
import { PipelineError } from "../../../pipelines/schema/problem.ts";
import { modelSource } from "./_model_source.ts";

/** A model of an embedding, one node under test called `body`, and a head; `blocks` as YAML lines. */
function compile(body: string, blocks: readonly string[] = []) {
  const source = modelSource([
    "models:",
    "  m: {use: whole, dims: {layers: 2, embed: 8, mlp: 4, vocab: 16}}",
    "blocks:",
    "  whole:",
    "    inputs: [tokens]",
    "    nodes:",
    "      - {op: embedding, id: e, to: embed}",
    `      - ${body}`,
    "      - {op: linear, id: head, to: vocab}",
    ...blocks.map((line) => `  ${line}`),
  ].join("\n"));
  return compileModel(source, "m", { seq: 4 });
}

/** `name [sizes] std` of the parameters between embedding and head. */
function parameters(body: string, blocks?: readonly string[]): string[] {
  return compile(body, blocks).parameters
    .filter(({ name }) => !["e.weight", "head.weight"].includes(name))
    .map(({ name, type, init }) => {
      const dims = type.dims.map((dim) => `${dim.name}=${dim.size}`).join(" ");
      const start = init.kind === "normal"
        ? init.std
        : init.kind === "uniform"
        ? init.bound
        : init.value;
      return `${name} [${dims}] ${start}`;
    });
}

/** Ops of the forward pass between embedding and head, with their expression or equation. */
function calls(body: string, blocks?: readonly string[]): string[] {
  const model = compile(body, blocks);
  const builder = createBuilder();
  const tokens = builder.input("tokens", tensor({ batch: 2, seq: 4 }, "i32"));
  const values = new Map(
    model.parameters.map(({ name, type }) => [name, builder.input(name, type)]),
  );
  const logits = model.forward(builder, tokens, { parameters: values });
  return builder.finish({ logits }).nodes.slice(1, -1).map(({ op, attrs }) =>
    [op.name, attrs.expr ?? attrs.eq ?? attrs.pattern ?? attrs.p].filter((part) =>
      part !== undefined
    )
      .join(" ")
  );
}

function refusal(body: string, blocks?: readonly string[]): string {
  try {
    compile(body, blocks);
  } catch (error) {
    if (error instanceof PipelineError) return error.message;
    throw error;
  }
  return "";
}

Deno.test("library() has no block with a wrong name in it", () => {
  const blocks = library();
  for (const block of blocks.values()) {
    assert.deepEqual(checkBlock(block, { ops, blocks }), []);
    assert.notEqual(block.doc, "", `${block.name} has no doc`);
  }
});

Deno.test("linear: names the contracted dim apart where it makes the same", () => {
  const body = "{op: linear, id: l, to: embed, bias: true}";
  assert.deepEqual(parameters(body), ["l.weight [embed_in=8 embed=8] 0.02", "l.bias [embed=8] 0"]);
  assert.deepEqual(calls(body), [
    "rename",
    "einsum batch seq embed_in, embed_in embed -> batch seq embed",
    "map y + bias",
  ]);
});

Deno.test("linear: contracts the dims of `over` and makes several dims", () => {
  const body = "{use: two, id: t}";
  const two = [
    "two:",
    "  - {op: linear, id: out, to: [layers, mlp]}",
    "  - {op: linear, id: back, over: [layers, mlp], to: embed, init: 0.5}",
  ];
  assert.deepEqual(parameters(body, two), [
    "t.out.weight [embed=8 layers=2 mlp=4] 0.02",
    "t.back.weight [layers=2 mlp=4 embed=8] 0.5",
  ]);
});

Deno.test("linear: ties its weight to that of an earlier linear, in any order of dims", () => {
  const two = ["two:", "  - {op: linear, id: up, to: mlp}", "  - {op: linear, to: embed, tie: up}"];
  assert.deepEqual(parameters("{use: two, id: t}", two), ["t.up.weight [embed=8 mlp=4] 0.02"]);
  assert.deepEqual(calls("{use: two}", two), [
    "einsum batch seq embed, embed mlp -> batch seq mlp",
    "einsum batch seq mlp, embed mlp -> batch seq embed",
  ]);
});

Deno.test("repeat: unrolls by a dim or a number, each with parameters of its own", () => {
  const block = ["same:", "  - {op: linear, id: l, to: embed}"];
  assert.deepEqual(parameters("{use: same, id: s, repeat: layers}", block), [
    "s.0.l.weight [embed_in=8 embed=8] 0.02",
    "s.1.l.weight [embed_in=8 embed=8] 0.02",
  ]);
  assert.equal(parameters("{use: same, repeat: 3}", block).length, 3);
  const times = [
    "times: {attrs: {times: 1}, nodes: [{op: linear, id: l, to: embed, repeat: $times}]}",
  ];
  assert.deepEqual(parameters("{use: times, id: t}", times), [
    "t.l.0.weight [embed_in=8 embed=8] 0.02",
  ]);
  assert.equal(
    refusal("{use: times, times: 1.5}", times),
    "pipeline.yaml:10:77: 1.5 repetitions (times.l), expected an integer of 1 or more",
  );
});

Deno.test("repeat: carries the first operand, the others stay", () => {
  const block = ["add:", "  inputs: [x, y]", '  nodes: [{op: map, expr: "x * 2 + y"}]'];
  assert.deepEqual(calls("{use: add, in: [e, e], repeat: 2}", block), [
    "map x * 2 + y",
    "map x * 2 + y",
  ]);
});

Deno.test("in: gives operands by name; a node without id is called by its op or block", () => {
  const block = [
    "less:",
    "  inputs: [a, b]",
    '  nodes: [{op: map, expr: "a - 2 * b"}]',
    "both:",
    "  - {op: map, id: up, expr: exp(x)}",
    "  - {use: less, in: {b: x, a: up}}",
    "  - {op: map, in: {left: up, right: x}, expr: left / right}",
    "  - {op: map, expr: less + map}",
  ];
  assert.deepEqual(calls("{use: both}", block), [
    "map exp(x)",
    "map a - 2 * b",
    "map left / right",
    "map less + map",
  ]);
});

Deno.test("when: leaves a node out, and its id stands for its first operand", () => {
  const block = [
    "maybe:",
    "  attrs: {flag: true}",
    "  nodes:",
    "    - {op: linear, id: up, to: embed, when: $flag}",
    "    - {op: linear, id: other, in: x, to: embed, when: $(not flag)}",
    "    - {op: map, expr: up + other}",
  ];
  assert.deepEqual(parameters("{use: maybe, id: m}", block), [
    "m.up.weight [embed_in=8 embed=8] 0.02",
  ]);
  assert.deepEqual(parameters("{use: maybe, id: m, flag: false}", block), [
    "m.other.weight [embed_in=8 embed=8] 0.02",
  ]);
});

Deno.test("output: gives the value of any node", () => {
  const block = [
    "early:",
    "  output: first",
    "  nodes: [{op: map, id: first, expr: exp(x)}, {op: map, expr: log(first)}]",
  ];
  assert.deepEqual(calls("{use: early}", block), ["map exp(x)"]);
});

Deno.test("slots: what came with a filling wins over what the block offers", () => {
  const blocks = [
    "outer:",
    "  slots: {inner: {use: swiglu, std: 0.3}}",
    "  attrs: {std: 0.1}",
    "  nodes: [{use: inner, id: i, std: $std, out_std: 0.2}]",
    "plain: [{op: linear, id: p, to: embed}]",
  ];
  assert.deepEqual(parameters("{use: outer}", blocks), [
    "outer.i.gate.weight [embed=8 mlp=4] 0.3",
    "outer.i.up.weight [embed=8 mlp=4] 0.3",
    "outer.i.down.weight [mlp=4 embed=8] 0.2",
  ]);
  assert.deepEqual(parameters("{use: outer, with: {inner: plain}}", blocks), [
    "outer.i.p.weight [embed_in=8 embed=8] 0.02",
  ]);
  assert.deepEqual(
    calls("{use: outer, with: {inner: {op: dropout, p: 0}}}", blocks),
    [],
  );
  assert.deepEqual(calls("{use: outer, with: {inner: {op: softmax, scale: 2}}}", blocks), [
    "softmax",
  ]);
});

Deno.test("slots: pass fillings on through several blocks", () => {
  const blocks = [
    "outer: {slots: {act: tanh_act}, nodes: [{use: middle, with: {act: act}}]}",
    "middle: {slots: {act: tanh_act}, nodes: [{use: act}]}",
    "tanh_act: [{op: map, expr: tanh(x)}]",
    "power: {attrs: {of: 2}, nodes: [{op: map, expr: 'pow(x, $of)'}]}",
  ];
  assert.deepEqual(calls("{use: outer}", blocks), ["map tanh(x)"]);
  assert.deepEqual(calls("{use: outer, with: {act: {use: power, of: 3}}}", blocks), [
    "map pow(x, 3)",
  ]);
});

Deno.test("attributes and slots without a default must be given", () => {
  const blocks = [
    "needs: {attrs: {rate: }, slots: {body: }, nodes: [{use: body}]}",
    "empty: [{op: map, expr: x}]",
  ];
  assert.equal(
    refusal("{use: needs, with: {body: empty}}", blocks),
    'pipeline.yaml:8:9: attribute "rate" of block needs is missing (needs)',
  );
  assert.equal(
    refusal("{use: needs, rate: 1}", blocks),
    'pipeline.yaml:8:9: slot "body" of block needs is empty (needs), ' +
      "expected a block for it, with: {body: ...}",
  );
});

Deno.test("init: zeros, ones, a standard deviation or a distribution", () => {
  const starts = (init: string) => parameters(`{op: linear, id: l, to: embed, init: ${init}}`)[0];
  assert.equal(starts("zeros"), "l.weight [embed_in=8 embed=8] 0");
  assert.equal(starts("ones"), "l.weight [embed_in=8 embed=8] 1");
  assert.equal(starts("$(1 / layers)"), "l.weight [embed_in=8 embed=8] 0.5");
  assert.equal(starts("{kind: normal, std: $(2 * layers)}"), "l.weight [embed_in=8 embed=8] 4");
  assert.equal(starts("{kind: constant, value: 7}"), "l.weight [embed_in=8 embed=8] 7");
  assert.equal(
    refusal("{op: linear, id: l, to: embed, init: {kind: normal, bound: 1}}"),
    'pipeline.yaml:8:46: unknown init {"kind":"normal","bound":1} (l), expected zeros, ones, a ' +
      "standard deviation, {kind: normal, std: ...}, {kind: uniform, bound: ...} or " +
      "{kind: constant, value: ...}",
  );
});

Deno.test("parameter: needs an init", () => {
  assert.equal(
    refusal("{op: parameter, id: p, dims: embed}"),
    "pipeline.yaml:8:9: a parameter has no init (p), " +
      "expected init: ones, init: zeros or a standard deviation",
  );
});
