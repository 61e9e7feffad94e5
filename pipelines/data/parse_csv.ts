/** Rows of CSV (RFC 4180): commas, double quotes, doubled quotes inside them, line breaks inside them. */

/** What a row that has been read to its end gives: its cells, or what is wrong with it. */
export type CsvRow =
  | { readonly cells: readonly string[]; readonly problem?: undefined }
  | { readonly cells?: undefined; readonly problem: string };

/** A parser that is fed the lines of a file, and gives a row whenever one is complete. */
export interface CsvParser {
  /** Undefined: the line ends inside quotes, and the row goes on in the next one. */
  feed(line: string): CsvRow | undefined;
  /** True if the last line ended inside quotes. */
  open(): boolean;
}

/** A row that has not ended after this many characters is given up: a closing quote is missing. */
const MAX_ROW_LENGTH = 1 << 26;

/** Lines are fed without their line feed; a carriage return at the end is dropped outside quotes. */
export function createCsvParser(maxLength: number = MAX_ROW_LENGTH): CsvParser {
  let cells: string[] = [];
  /** The beginning of a quoted cell that earlier lines hold. */
  let quoted: string[] | undefined;
  let length = 0;

  const finish = (row: CsvRow): CsvRow => {
    [cells, quoted, length] = [[], undefined, 0];
    return row;
  };
  const feed = (line: string): CsvRow | undefined => {
    let at = 0;
    length += line.length;
    while (true) {
      if (quoted === undefined && line[at] === '"') {
        quoted = [];
        at++;
      }
      if (quoted === undefined) {
        const comma = line.indexOf(",", at);
        const cell = comma < 0 ? withoutReturn(line.slice(at)) : line.slice(at, comma);
        const quote = cell.indexOf('"');
        if (quote >= 0) {
          const where = `column ${at + quote + 1}`;
          return finish({
            problem: `a quote at ${where} stands inside a field that is not quoted`,
          });
        }
        cells.push(cell);
        if (comma < 0) return finish({ cells });
        at = comma + 1;
        continue;
      }
      const quote = line.indexOf('"', at);
      if (quote < 0) {
        quoted.push(line.slice(at), "\n");
        if (length > maxLength) {
          return finish({ problem: `a quoted field is not closed within ${maxLength} characters` });
        }
        return undefined;
      }
      quoted.push(line.slice(at, quote));
      at = quote + 1;
      if (line[at] === '"') {
        quoted.push('"');
        at++;
        continue;
      }
      cells.push(quoted.join(""));
      quoted = undefined;
      if (withoutReturn(line.slice(at)) === "") return finish({ cells });
      if (line[at] !== ",") {
        return finish({ problem: `there is text after the closing quote, at column ${at + 1}` });
      }
      at++;
    }
  };
  return { feed, open: () => quoted !== undefined };
}

function withoutReturn(text: string): string {
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}
