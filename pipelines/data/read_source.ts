/** Documents of one source file, whatever its format. */

import type { InputFile } from "../compile/stage_kind.ts";
import { DataError } from "./data_error.ts";
import type { Document } from "./document.ts";
import { readBytes } from "./read_bytes.ts";
import { readLines } from "./read_lines.ts";
import { readParquet } from "./read_parquet.ts";
import { readCsv, readJsonl, readTextLines, readWholeText } from "./read_records.ts";
import { refuseUtf16 } from "./refuse_utf16.ts";
import { SOURCE_ENDINGS, sourceFormat } from "./source_format.ts";
import type { SourceRecord } from "./source_record.ts";

/** Which fields of a record make a document. */
export interface SourceFields {
  /** Name of the field that is the text. */
  readonly text: string;
  /** Name of the field that is the id; without one, `id` if there is such a field, else made up. */
  readonly id?: string;
  /** What of a .txt file is a document. */
  readonly unit: "line" | "file";
}

/** A document, or why there is none at this place. */
export interface SourceDocument {
  readonly line: number;
  readonly document?: Document;
  readonly problem?: string;
  /** The beginning of what was set aside. */
  readonly content?: string;
}

/**
 * The documents of a file in order, and the places where one cannot be read. Throws a `DataError`
 * for a file that cannot be read, or not any further.
 */
export async function* readSource(
  file: Pick<InputFile, "path" | "name">,
  fields: SourceFields,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<SourceDocument, void, void> {
  const whole = sourceFormat(file.path) === "txt" && fields.unit === "file";
  for await (const record of readRecords(file, fields.unit, onRead)) {
    yield toDocument(record, fields, whole ? file.name : `${file.name}:${record.line}`);
  }
}

function readRecords(
  { path }: Pick<InputFile, "path">,
  unit: "line" | "file",
  onRead: (bytes: number) => void,
): AsyncIterable<SourceRecord> {
  const format = sourceFormat(path);
  if (format === undefined) {
    const reason = `its name should end in ${SOURCE_ENDINGS}`;
    throw new DataError({ file: path }, `Cannot read the file: ${reason}`);
  }
  if (format === "parquet") return readParquet(path, onRead);
  const blocks = refuseUtf16(path, readBytes(path, onRead));
  if (format === "txt" && unit === "file") return readWholeText(blocks);
  const lines = readLines(blocks);
  if (format === "txt") return readTextLines(lines);
  return format === "csv" ? readCsv(lines, path) : readJsonl(lines);
}

function toDocument(
  { line, fields, problem, content }: SourceRecord,
  { text: textField, id: idField }: SourceFields,
  madeId: string,
): SourceDocument {
  if (fields === undefined) return { line, problem: problem ?? "", content: content ?? "" };
  const bad = (reason: string): SourceDocument => ({
    line,
    problem: reason,
    content: JSON.stringify(fields).slice(0, 1000),
  });
  const { [textField]: text, [idField ?? "id"]: id, metadata, ...rest } = fields;
  if (typeof text !== "string") {
    if (Object.hasOwn(fields, textField)) return bad(`field "${textField}" is not a string`);
    return bad(`field "${textField}" is missing, there are ${listNames(fields)}`);
  }
  if (text === "") return bad(`field "${textField}" is empty`);
  if (!text.isWellFormed()) return bad(`field "${textField}" holds half of a surrogate pair`);
  if (idField !== undefined && !Object.hasOwn(fields, idField)) {
    return bad(`field "${idField}" is missing, there are ${listNames(fields)}`);
  }
  const hasId = typeof id === "string" || Number.isSafeInteger(id);
  if (!hasId && id !== undefined && id !== null) {
    return bad(`field "${idField ?? "id"}" is neither a string nor a safe integer`);
  }
  const known = typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)
    ? metadata
    : metadata === undefined
    ? {}
    : { metadata };
  return {
    line,
    document: { id: hasId ? String(id) : madeId, text, metadata: { ...known, ...rest } },
  };
}

function listNames(fields: Readonly<Record<string, unknown>>): string {
  return Object.keys(fields).map((name) => `"${name}"`).join(", ") || "no fields";
}
