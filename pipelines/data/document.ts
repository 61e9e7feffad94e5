/** A document: what the data stages read, filter and hand on. */

/** One text with its name and what is known about it. */
export interface Document {
  /** Names the document in reports and error messages; made of file and line where the source has none. */
  readonly id: string;
  /** Well-formed Unicode, not empty. */
  readonly text: string;
  /** Every other field of the source, and what stages add. Values are what JSON can hold. */
  readonly metadata: Readonly<Record<string, unknown>>;
}
