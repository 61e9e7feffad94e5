import type { Random } from "../../pipelines/compile/random.ts";

/** Pieces of YAML that parsers and checks trip over. */
const pieces = [
  ..."[]{}:,-?&*!|>%@`'\"#\n\t\\.~",
  ...["- ", ": ", "&a ", "*a", "!!str ", "!x ", "---\n", "...\n", "%YAML 1.1\n", "<<: ", "? "],
  ...["__proto__: 1\n", "constructor", "toString", "hasOwnProperty", "\u0000", "\uFEFF", "😀"],
  ...["\uD800", "\u2028", "\r\n", "\u0085", ".nan", "-.inf", "1e999", "1e-999", "0777", "10_000"],
  ...["yes", "null", "true", "0", "-1", "1.5", "9007199254740993", "[]", "{}", '""', "auto", "$x"],
  ...["$(1 +", "extends: p.yaml\n", "x".repeat(70), "[[[[[[[[", "{a: {a: {a: ", "- - - - ", "/"],
] as const;

/** What values flags are given. */
const values = [
  "0",
  "-1",
  "1e9",
  "x",
  "[1, 2]",
  "{a: 1}",
  "",
  "true",
  "null",
  "*a",
  "[",
  "'",
  "a #b",
];

/** A text with one thing changed. `others` are texts that parts may come from. */
export function mutateText(random: Random, text: string, others: readonly string[]): string {
  const at = random.integer(text.length + 1);
  const splice = (start: number, length: number, put: string) =>
    text.slice(0, start) + put + text.slice(start + length);
  const words = [...text.matchAll(/[A-Za-z0-9_.]+/g)];
  const lines = text.split("\n");
  const line = random.integer(lines.length);
  const swapLines = (change: (lines: string[]) => void) => {
    change(lines);
    return lines.join("\n");
  };
  switch (random.integer(11)) {
    case 0:
      return splice(at, 1 + random.integer(20), "");
    case 1:
    case 2:
      return splice(at, 0, random.pick(pieces));
    case 3:
      return swapLines((all) => all.splice(line, 0, all[random.integer(all.length)]));
    case 4:
      return swapLines((all) => all.splice(line, 1 + random.integer(3)));
    case 5:
      return swapLines((all) => all[line] = random.pick(["  ", " ", "\t", ""]) + all[line].trim());
    case 6: {
      const other = random.pick(others);
      const start = random.integer(other.length);
      return splice(at, random.integer(40), other.slice(start, start + random.integer(200)));
    }
    default: {
      if (words.length === 0) return text;
      const { index, 0: word } = random.pick(words);
      const put = random.integer(3);
      if (put === 0) return splice(index, word.length, misspell(random, word));
      return splice(index, word.length, put === 1 ? random.pick(words)[0] : random.pick(pieces));
    }
  }
}

/** A word with one letter left out, doubled, changed or swapped with its neighbour. */
function misspell(random: Random, word: string): string {
  const at = random.integer(word.length);
  const [before, letter, after] = [word.slice(0, at), word[at], word.slice(at + 1)];
  const next = after.slice(0, 1);
  return random.pick([
    before + after,
    before + letter + letter + after,
    before + String.fromCharCode(97 + random.integer(26)) + after,
    before + next + letter + after.slice(1),
  ]);
}

/** A flag for a pipeline: mostly one whose path exists, with a value that may fit or not. */
export function mutateFlag(random: Random, text: string): string {
  const words = [...text.matchAll(/[a-z_0-9]+/g)].map(([word]) => word);
  if (words.length === 0) words.push("a");
  const start = random.pick(["stages", "models", "blocks", "mesh", "name", "seed"]);
  const path = [start, ...Array.from({ length: random.integer(4) }, () => random.pick(words))];
  const value = random.pick([...values, random.pick(words), random.pick(pieces)]);
  return `${path.join(".")}=${value}`;
}
