/**
 * The safetensors format (github.com/huggingface/safetensors): 8 bytes with the header's length (u64,
 * little endian), a JSON header `{name: {dtype, shape, data_offsets: [from, to]}}` with offsets into
 * what follows, and the elements: row-major, little endian, one tensor after the other without gaps.
 */

import { writeFileAtomic } from "./atomic_file.ts";
import type { Elements } from "./device.ts";

/** A tensor in a file; its element type follows from the array: F32, F64, I32 or U32. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Elements;
}

/** What a file holds. */
export interface Safetensors {
  /** In the order of the data. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The header's `__metadata__`: short texts. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

const METADATA = "__metadata__";
/** The format's limit for the header, which also bounds what a damaged file can make us allocate. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

const arrays = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
} as const;
type Dtype = keyof typeof arrays;

/** Writes a file atomically. Throws a RangeError if a shape does not fit its data. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header[METADATA] = metadata;
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    if (product(shape) !== data.length || name === METADATA) {
      throw new RangeError(
        `Cannot write ${path}: tensor ${name} of shape [${shape}] has ${data.length} elements`,
      );
    }
    const to = offset + data.byteLength;
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [offset, to] };
    offset = to;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces fill the header up so that the elements start at a multiple of 8 bytes.
  const head = new Uint8Array(LENGTH_BYTES + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - LENGTH_BYTES), true);
  head.set(json, LENGTH_BYTES);
  const blocks = [...tensors.values()].map(({ data }) => bytesOf(data));
  await writeFileAtomic(path, [head, ...blocks]);
}

/** Reads a file. Throws an Error that names the file and what is wrong with it. */
export async function readSafetensors(path: string): Promise<Safetensors> {
  const file = await Deno.open(path);
  try {
    const { size } = await file.stat();
    const { entries, metadata, start } = await readHeader(path, file, size);
    const tensors = new Map<string, StoredTensor>();
    await file.seek(start, Deno.SeekMode.Start);
    for (const { name, dtype, shape, from, to } of entries) {
      const bytes = await readBytes(path, file, to - from);
      tensors.set(name, { shape, data: new arrays[dtype as Dtype](bytes.buffer) });
    }
    return { tensors, metadata };
  } finally {
    file.close();
  }
}

async function readHeader(
  path: string,
  file: Deno.FsFile,
  size: number,
): Promise<{ entries: Entry[]; metadata: Readonly<Record<string, string>>; start: number }> {
  const fail = (detail: string): never => {
    throw new Error(`Cannot read ${path}: ${detail}`);
  };
  if (size < LENGTH_BYTES) fail(`it has ${size} bytes, a safetensors file has 8 or more`);
  const length = Number(
    new DataView((await readBytes(path, file, LENGTH_BYTES)).buffer).getBigUint64(0, true),
  );
  const start = LENGTH_BYTES + length;
  if (length > MAX_HEADER_BYTES || start > size) {
    fail(`its header should have ${length} bytes, the file has ${size}`);
  }
  const header = parseObject(await readBytes(path, file, length)) ?? fail("its header is not JSON");
  const { [METADATA]: metadata = {}, ...rest } = header;
  if (!isTexts(metadata)) return fail(`its ${METADATA} is not a map of texts`);
  const entries = Object.entries(rest).map(([name, value]) =>
    parseEntry(name, value) ?? fail(`the header's entry for tensor ${name} is not well formed`)
  ).sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const { name, dtype, shape, from, to } of entries) {
    const array = Object.hasOwn(arrays, dtype) ? arrays[dtype as Dtype] : undefined;
    if (!array) {
      return fail(`tensor ${name} is ${dtype}, expected one of ${Object.keys(arrays).join(", ")}`);
    }
    const bytes = product(shape) * array.BYTES_PER_ELEMENT;
    if (to - from !== bytes) {
      fail(`tensor ${name} has ${to - from} bytes, expected ${bytes} for ${dtype} [${shape}]`);
    }
    if (from !== end) fail(`tensor ${name} starts at byte ${from}, expected ${end}`);
    end = to;
  }
  if (start + end !== size) fail(`it has ${size} bytes, expected ${start + end}`);
  return { entries, metadata, start };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseEntry(name: string, value: unknown): Entry | undefined {
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

async function readBytes(
  path: string,
  file: Deno.FsFile,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) throw new Error(`Cannot read ${path}: it ends early`);
    filled += count;
  }
  return bytes;
}

function dtypeOf(data: Elements): Dtype {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  return data instanceof Int32Array ? "I32" : "U32";
}

function bytesOf(data: Elements): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function product(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}
