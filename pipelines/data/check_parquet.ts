/**
 * Checks the outline of a Parquet file before its values are decoded. The decoder trusts sizes and
 * counts: with a missing one it never ends (hyparquet 1.31.5).
 */

import { crc32 } from "node:zlib";
import type {
  AsyncBuffer,
  ColumnMetaData,
  FileMetaData,
  PageHeader,
  RowGroup,
  SchemaTree,
} from "hyparquet";

/** Bytes of the magic number at each end of a file. */
const MAGIC_BYTES = 4;
/** Bytes of the footer's length, in front of the last magic number. */
const LENGTH_BYTES = 4;
/** A page of more bytes would not fit into memory, and no writer makes one. */
const MAX_PAGE_BYTES = 1 << 30;

/**
 * Throws an Error unless the row groups have numbers of rows that add up to those of the file, and
 * a column for each that the schema names, in its order.
 */
export function checkRowGroups({ num_rows, row_groups }: FileMetaData, schema: SchemaTree): void {
  const names = leaves(schema).join();
  let rows = 0;
  for (const { num_rows, columns } of row_groups) {
    rows += count(num_rows, "the rows of a row group");
    const found = columns.map(({ meta_data }) => meta_data?.path_in_schema.join(".")).join();
    if (found !== names) throw new Error(`a row group has columns ${found}, should have ${names}`);
  }
  const said = count(num_rows, "the rows of the file");
  if (rows !== said) {
    throw new Error(`the row groups have ${rows} rows, the file should have ${said}`);
  }
}

/** Names of the columns that hold values. */
function leaves({ children, path }: SchemaTree): string[] {
  return children.length === 0 ? [path.join(".")] : children.flatMap(leaves);
}

/**
 * Throws an Error unless the pages of a row group lie where its columns are, have sizes and counts
 * that fit together, and the checksums that they carry.
 */
export async function checkPages(file: AsyncBuffer, { columns }: RowGroup): Promise<void> {
  const { parquetHeader } = await import("hyparquet/src/column.js");
  for (const { meta_data: column } of columns) {
    if (column === undefined) throw new Error("a column has no description");
    const [start, end] = rangeOf(column, file.byteLength);
    const view = new DataView(await file.slice(start, end));
    const expected = count(column.num_values, `the values of ${nameOf(column)}`);
    let values = 0;
    for (const reader = { view, offset: 0 }; reader.offset < view.byteLength;) {
      // What some writers put behind the last page is not for readers.
      if (values >= expected) break;
      const header = parquetHeader(reader);
      const size = checkSizes(header, column);
      if (reader.offset + size > view.byteLength) fail(column, "a page is longer than the column");
      checkChecksum(header, new Uint8Array(view.buffer, reader.offset, size), column);
      values += checkCounts(header, column);
      reader.offset += size;
    }
    if (values !== expected) {
      fail(column, `its pages have ${values} values, there should be ${expected}`);
    }
  }
}

/** Where the pages of a column lie. */
function rangeOf(column: ColumnMetaData, fileBytes: number): readonly [number, number] {
  const { dictionary_page_offset, data_page_offset, total_compressed_size } = column;
  const start = count(dictionary_page_offset || data_page_offset, "the place of a column");
  const end = start + count(total_compressed_size, "the size of a column");
  if (start < MAGIC_BYTES || end > fileBytes - LENGTH_BYTES - MAGIC_BYTES) {
    fail(column, `it should be at bytes ${start} to ${end}, the file has ${fileBytes}`);
  }
  return [start, end];
}

/** The bytes of a page behind its header. */
function checkSizes(header: PageHeader, column: ColumnMetaData): number {
  for (const size of [header.compressed_page_size, header.uncompressed_page_size]) {
    if (!isCount(size) || size > MAX_PAGE_BYTES) fail(column, `a page has ${size} bytes`);
  }
  return header.compressed_page_size;
}

/** The values of a page; a dictionary's do not count. */
function checkCounts(header: PageHeader, column: ColumnMetaData): number {
  const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: words } = header;
  const most = Math.max(Number(column.num_values), header.uncompressed_page_size);
  const check = (value: unknown) => {
    if (!isCount(value) || value > most) fail(column, `a page counts ${value} values`);
    return value as number;
  };
  switch (header.type) {
    case "DATA_PAGE":
      return check(v1?.num_values);
    case "DATA_PAGE_V2": {
      const levels = [v2?.repetition_levels_byte_length, v2?.definition_levels_byte_length];
      const bytes = levels.reduce<number>((sum, size) => isCount(size) ? sum + size : NaN, 0);
      if (!(bytes <= header.compressed_page_size)) fail(column, "the levels of a page do not fit");
      check(v2?.num_nulls);
      check(v2?.num_rows);
      return check(v2?.num_values);
    }
    case "DICTIONARY_PAGE":
      check(words?.num_values);
      return 0;
    default:
      return fail(column, `a page is of type ${header.type}`);
  }
}

/** Most writers leave the checksum out. */
function checkChecksum({ crc }: PageHeader, bytes: Uint8Array, column: ColumnMetaData): void {
  if (crc !== undefined && crc >>> 0 !== crc32(bytes)) {
    fail(column, "the checksum of a page is wrong");
  }
}

function count(value: unknown, what: string): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (!isCount(number)) throw new Error(`${what} are ${value}, should be a number`);
  return number;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function nameOf({ path_in_schema: path }: ColumnMetaData): string {
  return `column ${path.join(".")}`;
}

function fail(column: ColumnMetaData, what: string): never {
  throw new Error(`${nameOf(column)}: ${what}`);
}
