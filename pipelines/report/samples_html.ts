/** Samples of an evaluation as HTML: what a model was given, what it wrote. */

import { escapeHtml } from "./escape_html.ts";
import type { PageSamples } from "./page_data.ts";

/** Characters of a text that are shown. */
const MAX_LENGTH = 600;

/** A list of samples: each field that is a text or a number, the prompt first. */
export function samplesHtml({ lines, total }: PageSamples): string {
  const items = lines.map((line) => {
    const fields = Object.entries(line).flatMap(([name, value]) =>
      typeof value === "string" || typeof value === "number"
        ? [
          `<p><span class="muted">${escapeHtml(name)}</span> ${escapeHtml(cut(String(value)))}</p>`,
        ]
        : []
    );
    return `<div class="sample">${fields.join("\n")}</div>`;
  });
  const more = total - lines.length;
  return items.join("\n") + (more > 0 ? `\n<p class="muted">and ${more} more</p>` : "");
}

function cut(text: string): string {
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)} ...`;
}
