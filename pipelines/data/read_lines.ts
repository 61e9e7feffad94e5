/** Lines of UTF-8 text from a stream of bytes. */

import { utf8Length } from "./text_size.ts";

/** A line of a file. */
export interface Line {
  /** From 1. */
  readonly line: number;
  /** Without its line feed; a carriage return before it stays. If there is a problem, the beginning. */
  readonly text: string;
  /** Why the line cannot be read. */
  readonly problem?: string;
}

/** A line longer than this would not fit into a string, or into memory. */
const MAX_LINE_BYTES = 1 << 28;
/** How much of a line that cannot be read is shown. */
const SHOWN_BYTES = 1000;
const LINE_FEED = 10;

/**
 * Splits bytes into lines. A byte order mark at the start is dropped. A line that is not valid UTF-8,
 * or longer than `maxBytes`, has a `problem`; the lines after it are read all the same.
 */
export async function* readLines(
  blocks: AsyncIterable<Uint8Array>,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<Line, void, void> {
  let line = 0;
  /** The beginning of the line whose end has not come yet; no more of it than can be used. */
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  const tooLong = (): Line => ({
    line: ++line,
    text: shown(join(rest)),
    problem: `it is longer than ${maxBytes} bytes`,
  });
  for await (let block of blocks) {
    if (restBytes > maxBytes) {
      const end = block.indexOf(LINE_FEED);
      if (end < 0) continue;
      yield tooLong();
      [rest, restBytes] = [[], 0];
      block = block.subarray(end + 1);
    }
    const end = block.lastIndexOf(LINE_FEED);
    if (end >= 0) {
      rest.push(block.subarray(0, end));
      for (const next of decodeLines(join(rest))) yield { line: ++line, ...dropMark(next, line) };
      [rest, restBytes] = [[], 0];
    }
    rest.push(block.subarray(end + 1));
    restBytes += block.length - end - 1;
  }
  if (restBytes > maxBytes) yield tooLong();
  else if (restBytes > 0) {
    for (const next of decodeLines(join(rest))) yield { line: ++line, ...dropMark(next, line) };
  }
}

type Decoded = Omit<Line, "line">;

// A decoder that drops byte order marks would drop one in front of every block.
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes whole lines, all at once if they are valid, else one by one. */
function decodeLines(bytes: Uint8Array): Decoded[] {
  try {
    return strict.decode(bytes).split("\n").map((text) => ({ text }));
  } catch {
    const lines: Decoded[] = [];
    for (let start = 0; start <= bytes.length;) {
      const next = bytes.indexOf(LINE_FEED, start);
      const end = next < 0 ? bytes.length : next;
      lines.push(decodeLine(bytes.subarray(start, end)));
      start = end + 1;
    }
    return lines;
  }
}

function decodeLine(bytes: Uint8Array): Decoded {
  try {
    return { text: strict.decode(bytes) };
  } catch {
    const problem = `it is not valid UTF-8 at byte ${firstInvalid(bytes) + 1} of the line`;
    return { text: shown(bytes), problem };
  }
}

/** How many bytes at the start are whole characters, of bytes that are not all valid UTF-8. */
function firstInvalid(bytes: Uint8Array): number {
  const decode = (count: number) =>
    // As a stream, a character that is cut off at the end is no error, and is left out.
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes.subarray(0, count), { stream: true });
  let [valid, invalid] = [0, bytes.length];
  while (valid + 1 < invalid) {
    const middle = (valid + invalid) >> 1;
    try {
      decode(middle);
      valid = middle;
    } catch {
      invalid = middle;
    }
  }
  return utf8Length(decode(valid));
}

function dropMark(decoded: Decoded, line: number): Decoded {
  return line === 1 && decoded.text.startsWith("\ufeff")
    ? { ...decoded, text: decoded.text.slice(1) }
    : decoded;
}

function shown(bytes: Uint8Array): string {
  return lenient.decode(bytes.subarray(0, SHOWN_BYTES));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
