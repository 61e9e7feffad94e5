/** `, did you mean X?` for the known word nearest to `word`, or nothing where none is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  // A beginning says more than a few letters that agree: sum_over for sum.
  let best = word.length > 2 ? known.find((name) => name.startsWith(word)) : undefined;
  if (best !== undefined) return `, did you mean "${best}"?`;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best === undefined ? "" : `, did you mean "${best}"?`;
}

/** Levenshtein distance: letters added, removed or replaced. */
function editDistance(a: string, b: string): number {
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
    }
    last = row;
  }
  return last[b.length];
}
