/** Metrics as an HTML table. */

import { escapeHtml } from "./escape_html.ts";

/**
 * A table of metrics. Where values are maps (a model's losses, a task's scores), they are the columns,
 * and there is a row per number in them, those of inner maps named by their path: narrow enough for a
 * phone. Values of `metrics` itself stand in a column without a name.
 */
export function metricsTable(metrics: Readonly<Record<string, unknown>>): string {
  const columns = new Map<string, Record<string, unknown>>();
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value === "object" && value !== null) columns.set(name, flatten(value));
    else columns.set("", { ...columns.get(""), [name]: value });
  }
  const rows = [...new Set([...columns.values()].flatMap((column) => Object.keys(column)))];
  const head = [...columns.keys()].map((name) => `<th class="number">${escapeHtml(name)}</th>`);
  const body = rows.map((row) => {
    const cells = [...columns.values()].map((column) =>
      `<td class="number">${escapeHtml(number(column[row]))}</td>`
    );
    return `<tr><td class="muted">${escapeHtml(row)}</td>${cells.join("")}</tr>`;
  });
  return `<div class="wide"><table class="scores"><thead><tr><th></th>${
    head.join("")
  }</tr></thead><tbody>
${body.join("\n")}
</tbody></table></div>`;
}

/** Leaves of a map by their path: `{tasks: {sums: {n: 5}}}` is `{"tasks sums n": 5}`. */
function flatten(map: object, path = ""): Record<string, unknown> {
  return Object.assign(
    {},
    ...Object.entries(map).map(([key, value]) => {
      const name = path === "" ? key : `${path} ${key}`;
      return typeof value === "object" && value !== null ? flatten(value, name) : { [name]: value };
    }),
  );
}

/** A value for people: integers with separators, other numbers in five digits, nothing as a dash. */
export function number(value: unknown): string {
  if (value === undefined || value === null) return "-";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return String(Number(value.toPrecision(5)));
}
