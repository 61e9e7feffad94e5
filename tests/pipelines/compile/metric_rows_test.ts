import assert from "node:assert/strict";
import { metricRows, rowName, showMetric } from "../../../pipelines/compile/metric_rows.ts";
import { describeStage } from "../../../pipelines/compile/run_report.ts";

const score = { accuracy: 0.2706, chance: 0.25, n: 546, stderr: 0.019 };
const metrics = {
  documents: 20000,
  name: "x",
  none: null,
  trained: { loss: 2.74325419, tasks: { questions: { ...score, kinds: { sum: score } } } },
};

Deno.test("metricRows() gives a row per number, and one for a score", () => {
  const rows = metricRows(metrics).map(({ path, value }) => [rowName(path), showMetric(value)]);
  assert.deepEqual(rows, [
    ["documents", "20,000"],
    ["name", "x"],
    ["trained loss", "2.7433"],
    ["trained questions", "27.1% \u00b1 1.9 (chance 25.0%, n 546)"],
    ["trained questions sum", "27.1% \u00b1 1.9 (chance 25.0%, n 546)"],
  ]);
});

Deno.test("describeStage() leaves out words and the parts of scores", () => {
  const stage = { kind: "eval", seconds: 12.3, why: "first run", metrics };
  assert.equal(
    describeStage({ ...stage, status: "ran" }),
    "ran in 12 s, documents 20,000, trained loss 2.7433, " +
      "trained questions 27.1% \u00b1 1.9 (chance 25.0%, n 546)",
  );
  assert.equal(describeStage({ ...stage, status: "cached" }), "cached");
});
