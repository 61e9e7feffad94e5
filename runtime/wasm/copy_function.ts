/** The one kernel the wasm engine has of its own: it copies a tensor. */

import type { WasmFunction } from "../../graph/ir/kernel.ts";

/**
 * Bytes of one work unit of `COPY_FUNCTION`. Whole units are copied: tensors start at multiples of 16
 * bytes and own the memory up to the next one.
 */
export const COPY_UNIT_BYTES = 16;

const LOCAL_GET = 0x20;
const I32_CONST = 0x41;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const I32_SHL = 0x74;
const MEMORY_COPY = [0xfc, 10, 0, 0];
const END = 0x0b;

const FROM = 0;
const TO = 1;
const BEGIN = 4;
const RANGE_END = 5;
const SHIFT = [I32_CONST, Math.log2(COPY_UNIT_BYTES), I32_SHL];

/** Parameters: address to read, address to write, scratch, thread scratch, begin, end. */
export const COPY_FUNCTION: WasmFunction = {
  parameters: 6,
  locals: [],
  body: Uint8Array.from([
    ...[LOCAL_GET, TO, LOCAL_GET, BEGIN, ...SHIFT, I32_ADD],
    ...[LOCAL_GET, FROM, LOCAL_GET, BEGIN, ...SHIFT, I32_ADD],
    ...[LOCAL_GET, RANGE_END, LOCAL_GET, BEGIN, I32_SUB, ...SHIFT],
    ...MEMORY_COPY,
    END,
  ]),
};
