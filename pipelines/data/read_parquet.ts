/** Rows of Parquet files, one row group in memory at a time. */

import { DataError } from "./data_error.ts";
import type { SourceRecord } from "./source_record.ts";

/** The rows of a file as records; `line` is the row's number from 1. */
export async function* readParquet(
  path: string,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<SourceRecord> {
  // Loaded here, since most pipelines read no Parquet.
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const source = {
    byteLength: size,
    slice: async (start: number, end: number = size) => {
      const bytes = new Uint8Array(end - start);
      await file.seek(start, Deno.SeekMode.Start);
      for (let at = 0; at < bytes.length;) {
        const count = await file.read(bytes.subarray(at));
        if (count === null) throw new Error("the file ends too early");
        at += count;
      }
      return bytes.buffer;
    },
  };
  try {
    const metadata = await parquetMetadataAsync(source);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const rows = await parquetReadObjects({
        file: source,
        metadata,
        rowStart,
        rowEnd,
        compressors,
      });
      for (const row of rows) yield { line: ++rowStart, fields: plain(row) };
      onRead(Number(group.total_compressed_size ?? group.total_byte_size));
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError({ file: path }, `Cannot read the Parquet data: ${reason}`);
  }
}

/** JSON has no 64-bit integers: those that a number cannot hold become text. */
function plain(row: Record<string, unknown>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    fields[name] = typeof value !== "bigint"
      ? value
      : Number.isSafeInteger(Number(value))
      ? Number(value)
      : String(value);
  }
  return fields;
}
