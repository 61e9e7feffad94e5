/** WGSL as browsers and macOS run it: an index out of range is that of the last element. */

/**
 * Limits every index into a binding to the last element that is bound. WGSL leaves open what an
 * index out of range does; Tint and Metal do this, drivers for Vulkan may look at bytes, or not at
 * all.
 */
export function clampIndices(code: string): string {
  const names = Array.from(code.matchAll(/var<storage, read_write> (\w+)/g), ([, name]) => name);
  if (names.length === 0) return code;
  const accesses = [...code.matchAll(new RegExp(`\\b(${names.join("|")})\\[`, "g"))];
  // From the last one on, so that an index within an index comes first.
  return accesses.reverse().reduce((text, { 0: { length }, 1: name, index }) => {
    const from = index + length;
    const to = endOfIndex(text, from);
    const clamped = `min(u32(${text.slice(from, to)}), arrayLength(&${name}) - 1u)`;
    return `${text.slice(0, from)}${clamped}${text.slice(to)}`;
  }, code);
}

/** Where the bracket is that ends the index which begins at `from`. */
function endOfIndex(text: string, from: number): number {
  let open = 1;
  for (let at = from;; at++) {
    if (text[at] === "[") open++;
    if (text[at] === "]" && --open === 0) return at;
  }
}
