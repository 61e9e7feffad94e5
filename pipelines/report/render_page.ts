/**
 * `report.html`: a run on one page, complete in itself, without any request to a network. What comes
 * from the run is data: it is escaped, and the page allows no script but its own.
 */

import { createHash } from "node:crypto";
import { dagSvg } from "./draw_dag.ts";
import { escapeHtml, scriptJson } from "./escape_html.ts";
import { metricsLine, metricsTable } from "./metrics_table.ts";
import { samplesHtml } from "./samples_html.ts";
import css from "./page.css" with { type: "text" };
import bundle from "./page.bundle.js" with { type: "text" };
import { duration } from "../compile/progress_line.ts";
import type { PageCurves, PageData, PageStage } from "./page_data.ts";

/** The page as HTML. */
export function renderPage(data: PageData): string {
  const { name, facts, stages, curves, samples, resolved } = data;
  const scriptDigest = createHash("sha256").update(bundle).digest("base64");
  const policy =
    `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptDigest}'`;
  const shownFacts = Object.entries(facts).map(([key, value]) =>
    `<span>${escapeHtml(key)} <b>${escapeHtml(String(value))}</b></span>`
  );
  const sections = [
    ...stages.filter(({ kind }) => kind === "eval")
      .map(({ id, metrics }) => section(`Scores: ${id}`, metricsTable(metrics))),
    ...(curves.length > 0 ? [charts(curves)] : []),
    ...samples.map((each) => section(`Samples: ${each.stage}`, samplesHtml(each))),
    section("Stages", stageTable(stages)),
    section("Pipeline", picture(stages)),
    ...(resolved === undefined ? [] : [folded("Resolved pipeline", resolved)]),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(name)} - Sluice</title>
<style>
${css}</style>
</head>
<body>
<header>
<h1>${escapeHtml(name)}</h1>
<p class="facts">${shownFacts.join(" ")}</p>
</header>
${sections.join("")}<script type="application/json" id="curves">${scriptJson(curves)}</script>
<script>${bundle}</script>
</body>
</html>
`;
}

function folded(title: string, text: string): string {
  return `<section><details><summary>${escapeHtml(title)}</summary>
<pre>${escapeHtml(text)}</pre></details></section>
`;
}

function section(title: string, content: string): string {
  return `<section>
<h2>${escapeHtml(title)}</h2>
${content}
</section>
`;
}

function charts(curves: readonly PageCurves[]): string {
  const drawn: [string, string, boolean][] = [
    ["loss", "Loss, in nats per token", true],
    ["speed", "Tokens per second", has(curves, "tokens_per_s")],
    ["rate", "Learning rate", has(curves, "lr")],
    ["norm", "Norm of the gradients", has(curves, "grad_norm")],
  ];
  const shown = drawn.filter(([, , there]) => there);
  return `<div class="charts">
${
    shown.map(([chart, title]) => section(title, `<div class="chart" data-chart="${chart}"></div>`))
      .join("")
  }</div>
`;
}

function has(curves: readonly PageCurves[], column: "tokens_per_s" | "lr" | "grad_norm"): boolean {
  return curves.some((curve) => curve[column].some((value) => value !== null));
}

function picture(stages: readonly PageStage[]): string {
  return dagSvg(stages.map(({ id, kind, inputs }) => ({ id, note: kind, inputs })));
}

function stageTable(stages: readonly PageStage[]): string {
  const rows = stages.map(({ id, kind, status, seconds, why, metrics }) => {
    const state = status === undefined ? "" : why === undefined ? status : `${status}: ${why}`;
    return `<tr><td class="id">${escapeHtml(id)}</td><td class="muted">${escapeHtml(kind)}</td>` +
      `<td class="number">${seconds === undefined ? "" : escapeHtml(duration(seconds))}</td>` +
      `<td class="full">${metricsLine(metrics)}</td>` +
      `<td class="full muted">${escapeHtml(state)}</td></tr>`;
  });
  return `<div class="wide"><table class="stages"><thead><tr><th>Stage</th><th>Kind</th><th class="number">Time</th>` +
    `<th>Metrics</th><th>Status</th></tr></thead><tbody>
${rows.join("\n")}
</tbody></table></div>`;
}
