/** Tables in Markdown. */

/** The lines of a table with its columns lined up; `head` names them, each row has a cell for each. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (cells: readonly string[], fill = " ") =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column], fill)).join(" | ")} |`;
  return [line(head), line(widths.map(() => ""), "-"), ...rows.map((row) => line(row))];
}
