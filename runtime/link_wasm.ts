/** Links the functions of kernels into one WebAssembly module over a shared memory. */

import { WASM_I32, type WasmFunction } from "../graph/ir/kernel.ts";

/** Size of the memory the module imports, in pages of 64 KiB. */
export interface MemoryLimits {
  readonly pages: number;
  readonly maximum: number;
}

/**
 * The bytes of a module that imports the shared memory `env.memory` and exports `functions` as
 * `f0`, `f1`, and so on, in order. The memory given at instantiation must have been made with at
 * least `pages` pages and at most `maximum`.
 */
export function linkWasm(functions: readonly WasmFunction[], limits: MemoryLimits): Uint8Array {
  const arities = [...new Set(functions.map(({ parameters }) => parameters))];
  const typeOf = new Map(arities.map((arity, index) => [arity, index]));
  const chunks: Uint8Array[] = [
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
    section(
      1,
      vector(arities.map((arity) => [0x60, ...vector(new Array(arity).fill([WASM_I32])), 0])),
    ),
    section(2, [
      1,
      ...name("env"),
      ...name("memory"),
      2, // an import of kind memory
      3, // shared, with a maximum
      ...unsigned(limits.pages),
      ...unsigned(limits.maximum),
    ]),
    section(3, vector(functions.map(({ parameters }) => unsigned(typeOf.get(parameters) ?? 0)))),
    section(7, vector(functions.map((_, index) => [...name(`f${index}`), 0, ...unsigned(index)]))),
    ...codeSection(functions),
  ];
  return join(chunks);
}

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (value >>>= 0; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value);
  return bytes;
}

/** A count, then the items. */
function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

/** A length, then ASCII characters. */
function name(text: string): number[] {
  return [...unsigned(text.length), ...text].map((item) =>
    typeof item === "number" ? item : item.charCodeAt(0)
  );
}

function section(id: number, content: readonly number[]): Uint8Array {
  return Uint8Array.from([id, ...unsigned(content.length), ...content]);
}

/** The code section in parts: bodies are kept as arrays of bytes, since they are most of a module. */
function codeSection(functions: readonly WasmFunction[]): Uint8Array[] {
  const parts = functions.flatMap(({ locals, body }) => {
    const head = localGroups(locals);
    return [Uint8Array.from([...unsigned(head.length + body.length), ...head]), body];
  });
  const count = unsigned(functions.length);
  const length = parts.reduce((sum, part) => sum + part.length, count.length);
  return [Uint8Array.from([10, ...unsigned(length), ...count]), ...parts];
}

/** Declarations of locals: runs of one type as (count, type). */
function localGroups(locals: readonly number[]): number[] {
  const groups: { count: number; readonly type: number }[] = [];
  for (const type of locals) {
    const last = groups.at(-1);
    if (last?.type === type) last.count++;
    else groups.push({ count: 1, type });
  }
  return vector(groups.map(({ count, type }) => [...unsigned(count), type]));
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
