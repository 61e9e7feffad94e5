/** What a source file holds, told by its name. */

/** How the content of a file is compressed. */
export type Compression = "none" | "gzip" | "zstd";

/** What the records of a file are written in. */
export type SourceFormat = "jsonl" | "csv" | "txt" | "parquet";

/** The names of files that documents are read from, in words. */
export const SOURCE_ENDINGS = ".jsonl, .csv or .txt, each also with .gz or .zst, or .parquet";

/** The format of a file, in whatever case its name is written; undefined if it is none that is read. */
export function sourceFormat(path: string): SourceFormat | undefined {
  const match = /\.(?:(jsonl|csv|txt)(?:\.gz|\.zst)?|(parquet))$/i.exec(path);
  return (match?.[1] ?? match?.[2])?.toLowerCase() as SourceFormat | undefined;
}

/** The compression of a file, told by the last part of its name. */
export function compressionOf(path: string): Compression {
  return /\.gz$/i.test(path) ? "gzip" : /\.zst$/i.test(path) ? "zstd" : "none";
}
