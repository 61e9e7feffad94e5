import assert from "node:assert/strict";
import { type DagNode, layoutDag } from "../../../pipelines/report/layout_dag.ts";

const node = (id: string, ...inputs: string[]): DagNode => ({ id, note: "kind", inputs });

const nodes = [
  node("corpus"),
  node("questions"),
  node("clean", "corpus"),
  node("tokens", "clean"),
  node("dense", "tokens"),
  node("moe", "tokens"),
  node("scores", "dense", "moe", "questions"),
];

Deno.test("layoutDag() puts each stage below what it reads", () => {
  const { boxes } = layoutDag(nodes);
  const rows = new Map(boxes.map(({ node, y }) => [node.id, y]));
  assert.deepEqual([...rows].sort().map(([id, y]) => [id, (y - 30) / 84]), [
    ["clean", 1],
    ["corpus", 0],
    ["dense", 3],
    ["moe", 3],
    ["questions", 0],
    ["scores", 4],
    ["tokens", 2],
  ]);
});

Deno.test("layoutDag() keeps boxes apart and within the picture", () => {
  const many = [
    ...nodes,
    ...Array.from({ length: 9 }, (_, i) => node(`a_long_name_${i}`, "clean")),
  ];
  const { boxes, width, height } = layoutDag(many);
  for (const a of boxes) {
    assert.ok(a.x - a.width / 2 >= 0 && a.x + a.width / 2 <= width, a.node.id);
    assert.ok(a.y - a.height / 2 >= 0 && a.y + a.height / 2 <= height, a.node.id);
    for (const b of boxes) {
      const apart = a === b || a.y !== b.y || Math.abs(a.x - b.x) >= (a.width + b.width) / 2 + 19.9;
      assert.ok(apart, `${a.node.id} and ${b.node.id}`);
    }
  }
});

Deno.test("layoutDag() leads long edges past the layers between", () => {
  const { edges, boxes } = layoutDag(nodes);
  assert.equal(edges.length, 7);
  const long = edges.find(({ length }) => length === 5)!;
  const end = boxes.find(({ node }) => node.id === "scores")!;
  assert.deepEqual(long.at(-1), { x: end.x, y: end.y - end.height / 2 });
  for (const { x, y } of long.slice(1, -1)) {
    for (const box of boxes.filter((box) => box.y === y)) {
      assert.ok(Math.abs(box.x - x) > box.width / 2, `${box.node.id} is in the way`);
    }
  }
});

Deno.test("layoutDag() draws a single stage and none", () => {
  const { boxes, edges, width, height } = layoutDag([node("only")]);
  assert.deepEqual([boxes.length, edges.length, width, height], [1, 0, 76, 60]);
  assert.deepEqual(layoutDag([]).boxes, []);
});
