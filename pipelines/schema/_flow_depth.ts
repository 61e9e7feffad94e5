/** How deep the brackets of a YAML text are nested, without parsing it. */

/**
 * The offset of the first bracket nested deeper than `limit`, or undefined. Comments and quoted text
 * are skipped; a bracket inside plain text counts, which no text written by hand has 64 of.
 */
export function flowDepth(text: string, limit: number): number | undefined {
  let depth = 0;
  let before = "\n";
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    const starts = /[\s[{,:]/.test(before);
    if (char === "#" && /\s/.test(before)) {
      at = endOf(text, "\n", at);
    } else if (starts && char === '"') {
      do at = endOf(text, '"', at + 1); while (escaped(text, at));
    } else if (starts && char === "'") {
      // A doubled quote stands for one within the text.
      do at = endOf(text, "'", at + 1); while (text[at + 1] === "'" && ++at);
    } else if (char === "[" || char === "{") {
      if (++depth > limit) return at;
    } else if (char === "]" || char === "}") {
      depth = Math.max(0, depth - 1);
    }
    before = text[at] ?? "\n";
  }
  return undefined;
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}

/** True if the character at `at` stands behind an odd number of backslashes. */
function escaped(text: string, at: number): boolean {
  let count = 0;
  while (text[at - 1 - count] === "\\") count++;
  return count % 2 === 1;
}
