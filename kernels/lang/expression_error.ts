/** An error in the text of an expression or program, with the place it is at. */

/** Thrown for text that does not parse or does not type; `at` is an offset into `text`. */
export class ExpressionError extends SyntaxError {
  override readonly name = "ExpressionError";
  /** What is wrong, without the place. */
  readonly detail: string;
  readonly text: string;
  readonly at: number;

  constructor(detail: string, text: string, at: number) {
    super(`${detail} (${describePlace(text, at)})`);
    this.detail = detail;
    this.text = text;
    this.at = at;
  }
}

/** `column 5 of "a + * b"`, with the line number where the text has several lines. */
function describePlace(text: string, at: number): string {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", start);
  const line = text.slice(start, end < 0 ? text.length : end);
  const indent = line.length - line.trimStart().length;
  const column = Math.max(at - start - indent, 0) + 1;
  const number = text.trim().includes("\n")
    ? `line ${text.slice(0, start).split("\n").filter((l) => l.trim() !== "").length + 1}, `
    : "";
  return `${number}column ${column} of "${line.trim()}"`;
}
