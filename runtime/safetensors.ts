/**
 * The safetensors format (github.com/huggingface/safetensors): 8 bytes with the header's length
 * (u64, little endian), a JSON header `{name: {dtype, shape, data_offsets: [from, to]}}` with
 * offsets into what follows, and the elements: row-major, little endian, one tensor after the other
 * without gaps.
 */

import { writeFileAtomic } from "./atomic_file.ts";
import type { Elements } from "./device.ts";
import { widenBfloat16, widenFloat16 } from "./_half_floats.ts";
import {
  METADATA,
  parseSafetensorsHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from "./_safetensors_header.ts";

export type { TensorEntry } from "./_safetensors_header.ts";

/** A tensor and its elements. Written as F32, F64, I32 or U32, as the array is. */
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

/** An open file, of which only the header has been read. */
export interface SafetensorsFile {
  /** By name, in the order of the data. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Reads one tensor; F16 and BF16 come as f32. Throws an Error for a name that is not there, and
   * for a type that has no array here (I64, BOOL, ...).
   */
  read(name: string): Promise<StoredTensor>;
  close(): void;
}

/**
 * The format's limit for the header, which also bounds what a damaged file can make us allocate.
 */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

const decoders: Readonly<Record<string, (buffer: ArrayBuffer) => Elements>> = {
  F32: (buffer) => new Float32Array(buffer),
  F64: (buffer) => new Float64Array(buffer),
  I32: (buffer) => new Int32Array(buffer),
  U32: (buffer) => new Uint32Array(buffer),
  F16: (buffer) => widenFloat16(new Uint16Array(buffer)),
  BF16: (buffer) => widenBfloat16(new Uint16Array(buffer)),
};

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

/** Reads a file whole. Throws an Error that names the file and what is wrong with it. */
export async function readSafetensors(path: string): Promise<Safetensors> {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, StoredTensor>();
    for (const name of file.entries.keys()) tensors.set(name, await file.read(name));
    return { tensors, metadata: file.metadata };
  } finally {
    file.close();
  }
}

/**
 * Opens a file, to read its tensors one at a time; close it when done. Throws an Error that names
 * the file and what is wrong with it.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await Deno.open(path);
  try {
    const { header, start } = await readHeader(path, file);
    const entries = new Map(header.entries.map((entry) => [entry.name, entry]));
    return {
      entries,
      metadata: header.metadata,
      async read(name) {
        const { dtype, shape, from, to } = entries.get(name) ?? fail(path, `it has no ${name}`);
        if (!Object.hasOwn(decoders, dtype)) {
          const known = Object.keys(decoders).join(", ");
          return fail(path, `tensor ${name} is ${dtype}, expected one of ${known}`);
        }
        await file.seek(start + from, Deno.SeekMode.Start);
        const bytes = await readBytes(path, file, to - from);
        return { shape, data: decoders[dtype](bytes.buffer) };
      },
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

async function readHeader(
  path: string,
  file: Deno.FsFile,
): Promise<{ header: SafetensorsHeader; start: number }> {
  const { size } = await file.stat();
  if (size < LENGTH_BYTES) fail(path, `it has ${size} bytes, a safetensors file has 8 or more`);
  const length = Number(
    new DataView((await readBytes(path, file, LENGTH_BYTES)).buffer).getBigUint64(0, true),
  );
  const start = LENGTH_BYTES + length;
  if (length > MAX_HEADER_BYTES || start > size) {
    fail(path, `its header should have ${length} bytes, the file has ${size}`);
  }
  const json = await readBytes(path, file, length);
  return { header: parseSafetensorsHeader(path, json, size - start), start };
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
    if (count === null) return fail(path, "it ends early");
    filled += count;
  }
  return bytes;
}

function fail(path: string, detail: string): never {
  throw new Error(`Cannot read ${path}: ${detail}`);
}

function dtypeOf(data: Elements): string {
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
