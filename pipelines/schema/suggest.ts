/** Did you mean: the known word nearest to an unknown one. */

/**
 * The number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
 * (Damerau-Levenshtein, optimal string alignment), or `limit + 1` if it is more than `limit`.
 */
export function editDistance(a: string, b: string, limit = Infinity): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, before[j - 2] + 1);
      }
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit) return limit + 1;
    [before, last] = [last, row];
  }
  return last[b.length];
}

/**
 * The known word nearest to `word`: at most two edits away, one for words of four letters or fewer,
 * or the same but for case and separators. Undefined if there is none.
 */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > 64) return undefined;
  const limit = word.length <= 4 ? 1 : 2;
  let best: string | undefined;
  let distance = limit + 1;
  for (const candidate of known) {
    if (candidate === word) continue;
    const alike = bare(candidate) === bare(word);
    const edits = alike ? 0 : editDistance(word, candidate, limit);
    if (edits < distance) [best, distance] = [candidate, edits];
  }
  return best;
}

/** What is expected when it is one of some words: the first twenty of them. */
export function oneOfWords(words: readonly string[]): string {
  if (words.length === 1) return words[0];
  return `one of ${words.slice(0, 20).join(", ")}${words.length > 20 ? ", ..." : ""}`;
}

/** A word without case and separators. */
function bare(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, "");
}
