import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type PageData, readFolders } from "../../../pipelines/report/page_data.ts";
import { renderPage } from "../../../pipelines/report/render_page.ts";
import { escapeHtml, scriptJson } from "../../../pipelines/report/escape_html.ts";
import { metricsTable } from "../../../pipelines/report/metrics_table.ts";
import { samplesHtml } from "../../../pipelines/report/samples_html.ts";
import { stampBundle } from "../../../pipelines/report/stamp_bundle.ts";
import bundle from "../../../pipelines/report/page.bundle.js" with { type: "text" };
import { withFolder } from "../compile/_with_folder.ts";

const evil = "</script><script>alert(1)</script><!--&\"'\u2028";

const data: PageData = {
  name: evil,
  facts: { seed: 17, [evil]: evil },
  stages: [
    { id: "corpus", kind: "documents", inputs: [], metrics: { documents: 12345, [evil]: evil } },
    {
      id: "scores",
      kind: "eval",
      inputs: ["corpus"],
      status: "ran",
      seconds: 12,
      why: evil,
      metrics: { dense: { loss: 1.23456789, tasks: { [evil]: { accuracy: 0.625, n: 400 } } } },
    },
  ],
  curves: [{
    stage: evil,
    step: [1, 2],
    loss: [3, 2],
    val_loss: [null, 2.5],
    lr: [null, null],
    grad_norm: [1, 1],
    tokens_per_s: [null, null],
  }],
  samples: [{ stage: "scores", lines: [{ prompt: evil, text: "b" }], total: 3 }],
  resolved: `name: "${evil}"`,
};

/** The contents of the page's script elements. */
function scripts(page: string): string[] {
  return [...page.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].map(([, content]) => content);
}

Deno.test("renderPage() has two scripts, whatever the data are", () => {
  const [json, script, ...more] = scripts(renderPage(data));
  assert.deepEqual(more, []);
  assert.deepEqual(JSON.parse(json), data.curves);
  assert.equal(script, bundle);
});

Deno.test("renderPage() shows data as text only", () => {
  const page = renderPage(data);
  const text = page.replace(/<script[^]*?<\/script>/g, "");
  assert.ok(!text.includes("<script") && !text.includes("<!--"));
  assert.equal(text.split(escapeHtml(evil)).length - 1 >= 8, true);
});

Deno.test("renderPage() allows its own script and no request", () => {
  const page = renderPage(data);
  const digest = createHash("sha256").update(scripts(page)[1]).digest("base64");
  assert.ok(page.includes(
    `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'"`,
  ));
  assert.doesNotMatch(page.replace(bundle, ""), /(src|href)=|url\((?!#)|@import/);
  assert.doesNotMatch(bundle, /fetch\(|XMLHttpRequest|WebSocket|import\(/);
});

Deno.test("renderPage() leaves out what there is not", () => {
  const page = renderPage({ name: "x", facts: {}, stages: [], curves: [], samples: [] });
  assert.doesNotMatch(page, /class="chart"|Scores|Samples|Resolved/);
  const { resolved: _, ...rest } = data;
  const some = renderPage(rest);
  assert.deepEqual([...some.matchAll(/data-chart="(\w+)"/g)].map(([, name]) => name), [
    "loss",
    "norm",
  ]);
});

Deno.test("metricsTable() has a column per map and a row per number", () => {
  const score = { accuracy: 0.625, chance: 0.25, n: 400, stderr: 0.0242 };
  const table = metricsTable({
    a: { loss: 1.23456789, tasks: { t: { ...score, kinds: { k: { ...score, n: 7 } } } } },
    b: { loss: 2 },
    n: 4000,
  });
  const rows = [...table.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) =>
      cell.replace(
        /<span class="bar"><b style="width:62.5%"><\/b><i style="left:25.0%"><\/i>/,
        "BAR",
      )
    )
  );
  assert.deepEqual(rows, [
    ["", "a", "b", ""],
    ["loss", "1.2346", "2", "-"],
    ["t", "62.5% \u00b1 2.4BAR</span><small>chance 25.0%, n 400</small>", "-", "-"],
    ["t k", "62.5% \u00b1 2.4BAR</span><small>chance 25.0%, n 7</small>", "-", "-"],
    ["n", "-", "-", "4,000"],
  ]);
});

Deno.test("samplesHtml() shows the prompt, how it went on, and the rest of the line", () => {
  const line = { model: "m", prompt: "3 + 4 =", text: " 7".repeat(400), tokens: 2 };
  const html = samplesHtml({ stage: "s", lines: [line], total: 3 });
  assert.equal(
    html,
    `<div class="sample"><p><b>3 + 4 =</b>${" 7".repeat(300)} ...</p>` +
      '<p class="muted">model m, tokens 2</p></div>\n<p class="muted">and 2 more</p>',
  );
});

Deno.test("scriptJson() gives the same value when parsed, and ends no script", () => {
  const json = scriptJson([evil]);
  assert.deepEqual(JSON.parse(json), [evil]);
  assert.doesNotMatch(json, /[<>&\u2028]/);
});

Deno.test("readFolders() thins long curves and keeps measured losses", () =>
  withFolder(async (dir) => {
    const lines = Array.from({ length: 4000 }, (_, index) => {
      const step = index + 1;
      const val = step % 1000 === 0 ? { val_loss: step / 1000 } : {};
      return JSON.stringify({ step, tokens: 1, loss: step, lr: 0.1, grad_norm: 1, ...val }) + "\n";
    });
    await Deno.writeTextFile(join(dir, "metrics.jsonl"), lines.join(""));
    await Deno.writeTextFile(join(dir, "timing.jsonl"), '{"step":2,"tokens_per_s":50}\n');
    const samples = Array.from({ length: 50 }, (_, n) => `{"n":${n}}\n`).join("");
    await Deno.writeTextFile(join(dir, "samples.jsonl"), samples);
    const read = await readFolders(new Map([["model", dir], ["none", join(dir, "none")]]));
    const [curve] = read.curves;
    assert.equal(read.curves.length, 1);
    assert.equal(curve.step.length, 1334);
    assert.deepEqual(curve.step.slice(0, 2), [3, 6]);
    assert.deepEqual(curve.loss.slice(0, 2), [2, 5]);
    assert.deepEqual(curve.tokens_per_s.slice(0, 2), [50, null]);
    assert.deepEqual(curve.val_loss.filter((loss) => loss !== null), [1, 2, 3, 4]);
    assert.deepEqual(read.samples.map(({ lines, total }) => [lines.length, total]), [[40, 50]]);
  }));

Deno.test("page.bundle.js is made from the page's sources as they are, and unchanged", async () => {
  const body = bundle.slice(bundle.indexOf("*/\n") + 3);
  assert.ok(body.length > 10_000);
  assert.equal(await stampBundle(body), bundle, "stale: run deno task page");
  assert.notEqual(await stampBundle(`${body} `), `${bundle} `);
});
