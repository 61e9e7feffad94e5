// deno-lint-ignore-file no-import-prefix -- deno.json lists what runs need: uPlot is in the bundle

/**
 * The script of a report page: draws the charts into the elements `.chart`. Everything else of the
 * page is there without it. `deno task page` bundles it into `../page.bundle.js` with esbuild.
 */

import uPlot from "npm:uplot@1.6.32";
import style from "npm:uplot@1.6.32/dist/uPlot.min.css" with { type: "text" };
import type { PageCurves } from "../page_data.ts";

/** What the script uses of the browser; Deno's types and those of the DOM do not go together. */
interface Element {
  readonly dataset: Readonly<Record<string, string>>;
  readonly clientWidth: number;
  textContent: string;
  replaceChildren(): void;
  append(child: Element): void;
}
interface Browser {
  readonly document: {
    readonly documentElement: Element;
    readonly head: Element;
    createElement(name: string): Element;
    querySelector(selector: string): Element;
    querySelectorAll(selector: string): Iterable<Element>;
  };
  getComputedStyle(element: Element): { getPropertyValue(name: string): string };
  matchMedia(query: string): { addEventListener(type: "change", listener: () => void): void };
  addEventListener(type: "resize", listener: () => void): void;
}
const browser = globalThis as unknown as Browser;

type Column = Exclude<keyof PageCurves, "stage" | "step">;
/** Columns of a chart with the words that a legend adds to the stage's name. */
const CHARTS: Readonly<Record<string, { columns: readonly (readonly [Column, string])[] }>> = {
  loss: { columns: [["loss", "training"], ["val_loss", "held-out"]] },
  speed: { columns: [["tokens_per_s", ""]] },
  rate: { columns: [["lr", ""]] },
  norm: { columns: [["grad_norm", ""]] },
};

const { document } = browser;
const curves: readonly PageCurves[] = JSON.parse(document.querySelector("#curves").textContent);

function css(name: string): string {
  return browser.getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A line of a chart: a colour (#rrggbb) per stage, held-out losses strong and with points. */
function series(stage: number, label: string, measured: boolean): uPlot.Series {
  const color = css(`--series-${stage % 6}`);
  return {
    label,
    stroke: measured ? color : `${color}99`,
    width: measured ? 2.5 : 1.25,
    spanGaps: true,
    points: { show: measured, size: 6, fill: color },
    value: (_, value) => value === null || value === undefined ? "-" : short(value),
  };
}

function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e4) return `${Number((value / 1000).toPrecision(3))}k`;
  if (size !== 0 && size < 1e-2) return value.toExponential(1).replace(".0e", "e");
  return String(Number(value.toPrecision(4)));
}

function draw(element: Element): void {
  const tables: uPlot.AlignedData[] = [];
  const lines: uPlot.Series[] = [];
  curves.forEach((curve, stage) => {
    for (const [column, word] of CHARTS[element.dataset.chart].columns) {
      const values = curve[column];
      if (values.every((value) => value === null)) continue;
      tables.push([[...curve.step], [...values]]);
      lines.push(series(stage, `${curve.stage} ${word}`.trim(), column === "val_loss"));
    }
  });
  element.replaceChildren();
  if (tables.length === 0) return;
  const axis = {
    stroke: css("--muted"),
    grid: { stroke: css("--grid"), width: 1 },
    ticks: { stroke: css("--grid"), width: 1 },
    font: "12px system-ui, sans-serif",
  };
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: Math.max(220, Math.min(340, element.clientWidth * 0.5)),
    scales: { x: { time: false } },
    cursor: { drag: { x: true, y: false } },
    series: [{ label: "step" }, ...lines],
    axes: [
      { ...axis, values: (_, ticks) => ticks.map(short) },
      { ...axis, size: 56, values: (_, ticks) => ticks.map(short) },
    ],
  };
  new uPlot(
    options,
    uPlot.join(tables),
    element as unknown as ConstructorParameters<typeof uPlot>[2],
  );
}

function drawAll(): void {
  for (const element of document.querySelectorAll(".chart")) draw(element);
}

const sheet = document.createElement("style");
sheet.textContent = style;
document.head.append(sheet);
drawAll();
browser.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
browser.addEventListener("resize", drawAll);
