/** The stages of a pipeline as a picture: SVG, or Mermaid text. */

import { escapeHtml } from "./escape_html.ts";
import { type DagNode, layoutDag } from "./layout_dag.ts";

/** Colours follow the page around the picture, or the system's preference where it stands alone. */
const STYLE = `
  .dag { --line: #8a94a3; --box: #ffffff; --text: #1c2330; color-scheme: light dark; }
  @media (prefers-color-scheme: dark) { .dag { --line: #76808f; --box: #1d2430; --text: #e6e9ee; } }
  .dag rect { fill: var(--box); stroke: var(--line); stroke-width: 1.5; }
  .dag path { fill: none; stroke: var(--line); stroke-width: 1.5; }
  .dag .tip { fill: var(--line); stroke: none; }
  .dag text { fill: var(--text); font: 600 13px ui-monospace, monospace; text-anchor: middle; }
  .dag .note { font: 12px system-ui, sans-serif; opacity: 0.75; }
`;

/** An SVG picture, complete in itself. */
export function dagSvg(nodes: readonly DagNode[]): string {
  const { width, height, boxes, edges } = layoutDag(nodes);
  const lines = edges.map((points) => {
    let path = `M${round(points[0].x)} ${round(points[0].y)}`;
    points.slice(1).forEach((to, index) => {
      const from = points[index];
      const middle = round((from.y + to.y) / 2);
      path += ` C${round(from.x)} ${middle} ${round(to.x)} ${middle} ${round(to.x)} ${round(to.y)}`;
    });
    return `<path d="${path}" marker-end="url(#tip)"/>`;
  });
  const drawn = boxes.map(({ node, x, y, width, height }) =>
    `<g><title>${escapeHtml(`${node.id}: ${node.note}`)}</title>` +
    `<rect x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${round(width)}" ` +
    `height="${height}" rx="8"/>` +
    `<text x="${round(x)}" y="${round(y - 3)}">${escapeHtml(node.id)}</text>` +
    `<text class="note" x="${round(x)}" y="${round(y + 14)}">${escapeHtml(node.note)}</text></g>`
  );
  return `<svg class="dag" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
    `width="${width}" height="${height}" role="img" aria-label="stages">
<style>${STYLE}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" ` +
    `orient="auto"><path class="tip" d="M0 0 L8 4 L0 8 Z"/></marker></defs>
${[...lines, ...drawn].join("\n")}
</svg>
`;
}

/** A Mermaid flowchart. */
export function dagMermaid(nodes: readonly DagNode[]): string {
  // Ids of ours may be words that Mermaid reserves (`end`), so its ids are numbered.
  const name = new Map(nodes.map(({ id }, index) => [id, `s${index}`]));
  const lines = nodes.flatMap(({ id, note, inputs }) => [
    `  ${name.get(id)}["${id}<br/><small>${note}</small>"]`,
    ...inputs.map((input) => `  ${name.get(input)} --> ${name.get(id)}`),
  ]);
  return ["flowchart TD", ...lines].join("\n") + "\n";
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
