/** Metrics as HTML. */

import {
  type MetricRow,
  metricRows,
  rowName,
  showAccuracy,
  showMetric,
  showOdds,
} from "../compile/metric_rows.ts";
import type { Metrics } from "../compile/stage_kind.ts";
import { escapeHtml } from "./escape_html.ts";

/**
 * A table of metrics: a column for each map in them (a model's scores), a row for each number in the
 * maps, so that it is narrow enough for a phone. Numbers outside of maps have a column without a name.
 */
export function metricsTable(metrics: Metrics): string {
  const columns = new Map<string, Map<string, MetricRow["value"]>>();
  for (const { path, value } of metricRows(metrics)) {
    const [column, row] = path.length > 1 ? [path[0], path.slice(1)] : ["", path];
    if (!columns.has(column)) columns.set(column, new Map());
    columns.get(column)!.set(rowName(row), value);
  }
  const rows = [...new Set([...columns.values()].flatMap((column) => [...column.keys()]))];
  const head = [...columns.keys()].map((name) => `<th class="number">${escapeHtml(name)}</th>`);
  const body = rows.map((row) => {
    const cells = [...columns.values()].map((column) =>
      `<td class="number">${cell(column.get(row))}</td>`
    );
    return `<tr><td class="muted">${escapeHtml(row)}</td>${cells.join("")}</tr>`;
  });
  return `<div class="wide"><table class="scores"><thead><tr><th></th>${
    head.join("")
  }</tr></thead><tbody>
${body.join("\n")}
</tbody></table></div>`;
}

/** A number; a score also as a bar with a mark where guessing would be. */
function cell(value: MetricRow["value"] | undefined): string {
  if (value === undefined) return "-";
  if (typeof value !== "object") return escapeHtml(showMetric(value));
  const percent = (share: number) => `${Math.max(0, Math.min(100, 100 * share)).toFixed(1)}%`;
  return `${showAccuracy(value)}<span class="bar"><b style="width:${
    percent(value.accuracy)
  }"></b>` +
    `<i style="left:${percent(value.chance)}"></i></span><small>${showOdds(value)}</small>`;
}

/** Metrics in one flowing line: the numbers and words that are in no map. */
export function metricsLine(metrics: Metrics): string {
  const spans = metricRows(metrics).filter(({ path }) => path.length === 1).map(({ path, value }) =>
    `<span><i>${escapeHtml(path[0])}</i> ${escapeHtml(showMetric(value))}</span>`
  );
  return `<div class="metrics">${spans.join(" ")}</div>`;
}
