/**
 * The header of a safetensors file: where each tensor lies, checked against the size of the file.
 */

/** A tensor as the header tells of it. */
export interface TensorEntry {
  readonly name: string;
  /** `F32`, `BF16`, `I64`, ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes `from` to `to` of the data behind the header. */
  readonly from: number;
  readonly to: number;
}

/** What a header says. */
export interface SafetensorsHeader {
  /** In the order of the data. */
  readonly entries: readonly TensorEntry[];
  /** `__metadata__`: short texts. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The key of the header that is no tensor. */
export const METADATA = "__metadata__";

/** Bytes of an element. */
const WIDTHS: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1 },
  ...{ U16: 2, I16: 2, F16: 2, BF16: 2 },
  ...{ U32: 4, I32: 4, F32: 4 },
  ...{ U64: 8, I64: 8, F64: 8 },
};

/**
 * Reads the JSON of a header in front of `dataBytes` bytes of data. Throws an Error that names
 * `path` and what is wrong.
 */
export function parseSafetensorsHeader(
  path: string,
  json: Uint8Array,
  dataBytes: number,
): SafetensorsHeader {
  const fail = (detail: string): never => {
    throw new Error(`Cannot read ${path}: ${detail}`);
  };
  const header = parseObject(json) ?? fail("its header is not JSON");
  const { [METADATA]: metadata = {}, ...rest } = header;
  if (!isTexts(metadata)) return fail(`its ${METADATA} is not a map of texts`);
  const entries = Object.entries(rest).map(([name, value]) =>
    parseEntry(name, value) ?? fail(`the header's entry for tensor ${name} is not well formed`)
  ).sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const { name, dtype, shape, from, to } of entries) {
    const elements = shape.reduce((count, size) => count * size, 1);
    const bytes = Object.hasOwn(WIDTHS, dtype) ? elements * WIDTHS[dtype] : to - from;
    if (to - from !== bytes) {
      fail(`tensor ${name} has ${to - from} bytes, expected ${bytes} for ${dtype} [${shape}]`);
    }
    if (from !== end) fail(`tensor ${name} starts at byte ${from}, expected ${end}`);
    end = to;
  }
  if (end !== dataBytes) {
    const before = Number(json.length) + 8;
    fail(`it has ${before + dataBytes} bytes, expected ${before + end}`);
  }
  return { entries, metadata };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseEntry(name: string, value: unknown): TensorEntry | undefined {
  if (!isObject(value)) return undefined;
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !isSizes(shape) || !isSizes(offsets)) return undefined;
  const [from, to] = offsets;
  return offsets.length === 2 && from <= to ? { name, dtype, shape, from, to } : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
