/** Samples of an evaluation as HTML: what a model was given, and how it went on. */

import { escapeHtml } from "./escape_html.ts";
import type { PageSamples } from "./page_data.ts";

/** Characters of a text that are shown. */
const MAX_LENGTH = 600;

/** A list of samples: the prompt with its continuation, and below it what else the line says. */
export function samplesHtml({ lines, total }: PageSamples): string {
  const items = lines.map(({ prompt, text, ...rest }) => {
    const facts = Object.entries(rest).map(([name, value]) => `${name} ${value}`).join(", ");
    return `<div class="sample"><p><b>${shown(prompt)}</b>${shown(text)}</p>` +
      `<p class="muted">${escapeHtml(facts)}</p></div>`;
  });
  const more = total - lines.length;
  return items.join("\n") + (more > 0 ? `\n<p class="muted">and ${more} more</p>` : "");
}

function shown(text: unknown): string {
  const all = typeof text === "string" ? text : "";
  return escapeHtml(all.length <= MAX_LENGTH ? all : `${all.slice(0, MAX_LENGTH)} ...`);
}
