/** An error in the user's data, told by file and line. */

/** Where in the user's data something is wrong. */
export interface DataPosition {
  readonly file: string;
  /** From 1; a row's number in a Parquet file. */
  readonly line?: number;
}

/** Thrown for data that cannot be read; its message begins `file:line: `. */
export class DataError extends Error {
  override readonly name: string = "DataError";
  readonly position: DataPosition;

  constructor(position: DataPosition, message: string) {
    const { file, line } = position;
    super(`${file}${line === undefined ? "" : `:${line}`}: ${message}`);
    this.position = position;
  }
}

/** Content that was given turned out to be damaged: nothing of the file can be trusted. */
export class ChecksumError extends DataError {
  override readonly name = "ChecksumError";
}
