/** Rows of Parquet files, one row group in memory at a time. */

import { checkPages, checkRowGroups } from "./check_parquet.ts";
import { DataError } from "./data_error.ts";
import type { SourceRecord } from "./source_record.ts";

/** Magic numbers at both ends, and the length of what describes the rest. */
const MIN_BYTES = 12;

/** The rows of a file as records; `line` is the row's number from 1. */
export async function* readParquet(
  path: string,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<SourceRecord> {
  // Loaded here, since most pipelines read no Parquet.
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  using file = await Deno.open(path);
  const { size } = await file.stat();
  if (size < MIN_BYTES) {
    const what = size === 0 ? "it is empty" : `it has ${size} bytes, too few for any`;
    throw new DataError({ file: path }, `Cannot read the Parquet data: ${what}`);
  }
  const source = {
    byteLength: size,
    // deno-lint-ignore require-await -- an error is to be a rejection
    slice: async (start: number, end: number = size) => {
      const bytes = new Uint8Array(end - start);
      // In one go: the decoder asks for several parts at a time, and a file has one position.
      file.seekSync(start, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) {
        const count = file.readSync(bytes.subarray(at));
        if (count === null) throw new Error("the file ends too early");
        at += count;
      }
      return bytes.buffer;
    },
  };
  try {
    const metadata = await parquetMetadataAsync(source);
    checkRowGroups(metadata, parquetSchema(metadata));
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      if (Number(group.num_rows) === 0) continue;
      await checkPages(source, group);
      const rowEnd = rowStart + Number(group.num_rows);
      const rows = await parquetReadObjects({
        file: source,
        metadata,
        rowStart,
        rowEnd,
        compressors,
        // Otherwise bytes that are no text would become something like it.
        utf8: false,
      });
      for (const row of rows) yield { line: ++rowStart, fields: plainFields(row) };
      onRead(Number(group.total_compressed_size ?? group.total_byte_size));
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError({ file: path }, `Cannot read the Parquet data: ${reason}`);
  }
}

/**
 * A value as JSON holds it, at any depth: 64-bit integers that a number cannot hold become text;
 * times, text in ISO 8601; bytes, the text they are in UTF-8 or else in Base64; numbers that are
 * not finite, null.
 */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return textOf(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plain);
  if (Array.isArray(value)) return value.map(plain);
  return plainFields(value);
}

function plainFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)]));
}

/** Columns of text that are not declared as such are common. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toBase64();
  }
}
