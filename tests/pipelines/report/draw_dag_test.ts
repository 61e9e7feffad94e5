import assert from "node:assert/strict";
import { dagMermaid, dagSvg } from "../../../pipelines/report/draw_dag.ts";

const nodes = [
  { id: "end", note: "documents", inputs: [] },
  { id: "clean", note: "filter", inputs: ["end"] },
];

Deno.test("dagMermaid() numbers ids, some of which Mermaid reserves", () => {
  assert.equal(
    dagMermaid(nodes),
    `flowchart TD
  s0["end<br/><small>documents</small>"]
  s1["clean<br/><small>filter</small>"]
  s0 --> s1
`,
  );
});

Deno.test("dagSvg() draws a box per stage and a line per edge", () => {
  const svg = dagSvg(nodes);
  assert.match(
    svg,
    /^<svg class="dag" xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ 144"/,
  );
  assert.equal(svg.split("<rect ").length - 1, 2);
  assert.equal(svg.split("marker-end").length - 1, 1);
});

Deno.test("dagSvg() escapes what it shows", () => {
  const svg = dagSvg([{ id: "a", note: "<script>&", inputs: [] }]);
  assert.ok(svg.includes("&lt;script&gt;&amp;") && !svg.includes("<script>"));
});
