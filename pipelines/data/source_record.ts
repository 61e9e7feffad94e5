/** What a source file holds at one place: fields by name, or a reason why they cannot be read. */

/** A record of a file, not yet a document. */
export interface SourceRecord {
  /** Where it begins: a line from 1, or a row's number in a Parquet file. */
  readonly line: number;
  /** Undefined if there is a problem. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly problem?: string;
  /** The beginning of what could not be read. */
  readonly content?: string;
}
