/** Records of .jsonl, .csv and .txt files, streamed. */

import { DataError } from "./data_error.ts";
import { createCsvParser } from "./parse_csv.ts";
import { type Line, readLines } from "./read_lines.ts";
import type { SourceRecord } from "./source_record.ts";

/** How much of a record that cannot be read is kept. */
const SHOWN_LENGTH = 1000;
/** A longer text would not fit into a string. */
const MAX_TEXT_BYTES = 1 << 28;

/** One JSON object per line; blank lines are skipped. */
export async function* readJsonl(lines: AsyncIterable<Line>): AsyncGenerator<SourceRecord> {
  for await (const { line, text, problem } of lines) {
    if (problem !== undefined) yield { line, problem, content: text };
    else if (text.trim() !== "") yield { line, ...parseJson(text) };
  }
}

function parseJson(text: string): Omit<SourceRecord, "line"> {
  const bad = (problem: string) => ({ problem, content: text.slice(0, SHOWN_LENGTH) });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { fields: value as Record<string, unknown> };
    }
    const kind = value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
    return bad(`it is ${kind}, should be a JSON object`);
  } catch (error) {
    return bad(`it is not valid JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * Rows of a CSV file whose first row names the fields; empty lines are skipped. A record's line is
 * that of its first line.
 */
export async function* readCsv(
  lines: AsyncIterable<Line>,
  path: string,
): AsyncGenerator<SourceRecord> {
  const parser = createCsvParser();
  let names: readonly string[] | undefined;
  let begin: Line | undefined;
  let last = 0;
  /** The first line of this row that is not valid text. */
  let invalid: Line | undefined;
  for await (const line of lines) {
    last = line.line;
    if (begin === undefined && line.text.trim() === "" && line.problem === undefined) continue;
    begin ??= line;
    if (line.problem !== undefined) invalid ??= line;
    const row = parser.feed(line.text);
    if (row === undefined) continue;
    const at = { line: begin.line, content: begin.text.slice(0, SHOWN_LENGTH) };
    const problem = invalid === undefined
      ? row.problem
      : `line ${invalid.line}: ${invalid.problem}`;
    [begin, invalid] = [undefined, undefined];
    if (names === undefined) {
      if (problem !== undefined) {
        throw new DataError({ file: path, line: at.line }, `Cannot read the header: ${problem}`);
      }
      names = checkHeader(row.cells ?? [], { file: path, line: at.line });
    } else if (problem !== undefined || row.cells === undefined) {
      yield { ...at, problem: problem ?? "" };
    } else if (row.cells.length !== names.length) {
      const count = `it has ${row.cells.length} fields, should have ${names.length} as the header`;
      yield { ...at, problem: count };
    } else {
      const { cells } = row;
      yield { line: at.line, fields: Object.fromEntries(names.map((name, i) => [name, cells[i]])) };
    }
  }
  if (begin !== undefined) {
    const lost = last > begin.line ? `; lines ${begin.line} to ${last} are lost with it` : "";
    const content = begin.text.slice(0, SHOWN_LENGTH);
    yield { line: begin.line, problem: `a quoted field is never closed${lost}`, content };
  }
}

function checkHeader(
  names: readonly string[],
  position: { file: string; line: number },
): readonly string[] {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new DataError(position, `Cannot read the header: field "${twice}" stands in it twice`);
  }
  return names;
}

/** Every line that is not blank, as the field `text`. */
export async function* readTextLines(lines: AsyncIterable<Line>): AsyncGenerator<SourceRecord> {
  for await (const { line, text, problem } of lines) {
    if (problem !== undefined) yield { line, problem, content: text };
    else if (text.trim() !== "") {
      yield { line, fields: { text: text.endsWith("\r") ? text.slice(0, -1) : text } };
    }
  }
}

/** A whole file as the field `text`, byte for byte but for a byte order mark at the start. */
export async function* readWholeText(
  blocks: AsyncIterable<Uint8Array>,
  maxBytes: number = MAX_TEXT_BYTES,
): AsyncGenerator<SourceRecord> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const block of blocks) {
    bytes += block.length;
    if (bytes > maxBytes) {
      yield { line: 1, problem: `it is longer than ${maxBytes} bytes`, content: "" };
      return;
    }
    parts.push(block);
  }
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    const texts = parts.map((part) => decoder.decode(part, { stream: true }));
    yield { line: 1, fields: { text: texts.join("") + decoder.decode() } };
  } catch {
    for await (const { line, text, problem } of readLines(inOrder(parts))) {
      if (problem === undefined) continue;
      yield { line, problem, content: text };
      return;
    }
  }
}

async function* inOrder<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
