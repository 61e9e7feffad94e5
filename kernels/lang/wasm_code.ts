/** Writes the body of one WebAssembly function: locals, stores and control flow over `wasm_expr.ts`. */

import { WASM_F32, WASM_I32, WASM_V128, type WasmFunction } from "../../graph/ir/kernel.ts";
import {
  type Code,
  type Expr,
  type F32,
  type I32,
  i32,
  type Local,
  unsigned,
  type V128,
  type ValueType,
} from "./wasm_expr.ts";

/** Where a branch goes: the end of a block, or the start of a loop. */
export interface Label {
  readonly depth: number;
}

/** Appends statements to a function body, in order. */
export interface FunctionWriter {
  /** A new local, zero at the start of the function. */
  local<T extends ValueType>(type: T): Local<T>;
  /** A new local that holds `value` from here on. */
  hold<T extends ValueType>(value: Expr<T>): Local<T>;
  set<T extends ValueType>(local: Local<T>, value: Expr<T>): void;
  /** `local += amount` */
  increment(local: Local<"i32">, amount: I32 | number): void;
  /** Stores an i32, an f32 or a v128 at `address + offset` (bytes). */
  store(address: I32, value: I32 | F32 | V128, offset?: number): void;
  /** Stores one 32-bit lane. */
  storeLane(address: I32, vector: V128, lane: number, offset?: number): void;
  /** `memory.fill` */
  fill(target: I32, byte: I32, bytes: I32): void;
  /** Runs `body` with a label that leaves the block. */
  block(body: (exit: Label) => void): void;
  /** Runs `body` with a label that starts it again; falls out at its end. */
  loop(body: (again: Label) => void): void;
  branch(label: Label): void;
  branchIf(label: Label, condition: I32): void;
  if(condition: I32, then: () => void, otherwise?: () => void): void;
  /** `for (counter = from; counter < below; counter += step)`, signed; `below` is read each time. */
  for(counter: Local<"i32">, from: I32, below: I32, step: number, body: () => void): void;
  return(): void;
}

const TYPE_CODES: Readonly<Record<ValueType, number>> = {
  i32: WASM_I32,
  f32: WASM_F32,
  v128: WASM_V128,
};

const EMPTY_BLOCK = 0x40;

/**
 * Makes a function: `write` receives a writer and the i32 parameters.
 *
 * ```ts
 * const code = wasmFunction(5, (f, [x, _scratch, _threadScratch, begin, end]) => {
 *   const i = f.local("i32");
 *   f.for(i, begin, end, 1, () => f.store(i32.add(x, i32.shl(i, i32.const(2))), f32.const(1)));
 * });
 * ```
 */
export function wasmFunction(
  parameters: number,
  write: (writer: FunctionWriter, parameters: readonly Local<"i32">[]) => void,
): WasmFunction {
  const locals: number[] = [];
  const code: Code[] = [];
  // Depth 0 is the function body itself.
  let depth = 0;

  const localAt = <T extends ValueType>(type: T, index: number): Local<T> => (
    { type, index, code: [0x20, ...unsigned(index)] }
  );
  const nested = (body: (label: Label) => void) => {
    depth++;
    body({ depth });
    depth--;
    code.push(0x0b);
  };
  const memarg = (offset: number) => [2, ...unsigned(offset)];

  const writer: FunctionWriter = {
    local(type) {
      locals.push(TYPE_CODES[type]);
      return localAt(type, parameters + locals.length - 1);
    },
    hold(value) {
      const local = writer.local(value.type);
      writer.set(local, value);
      return local;
    },
    set(local, value) {
      code.push(value.code, 0x21, unsigned(local.index));
    },
    increment(local, amount) {
      writer.set(local, i32.add(local, typeof amount === "number" ? i32.const(amount) : amount));
    },
    store(address, value, offset = 0) {
      const opcode = { i32: [0x36], f32: [0x38], v128: [0xfd, 11] }[value.type];
      code.push(address.code, value.code, opcode, memarg(offset));
    },
    storeLane(address, vector, lane, offset = 0) {
      code.push(address.code, vector.code, [0xfd, 90], memarg(offset), lane);
    },
    fill(target, byte, bytes) {
      code.push(target.code, byte.code, bytes.code, [0xfc, 11, 0]);
    },
    block(body) {
      code.push(0x02, EMPTY_BLOCK);
      nested(body);
    },
    loop(body) {
      code.push(0x03, EMPTY_BLOCK);
      nested(body);
    },
    branch(label) {
      code.push(0x0c, unsigned(depth - label.depth));
    },
    branchIf(label, condition) {
      code.push(condition.code, 0x0d, unsigned(depth - label.depth));
    },
    if(condition, then, otherwise) {
      code.push(condition.code, 0x04, EMPTY_BLOCK);
      nested(() => {
        then();
        if (otherwise !== undefined) {
          code.push(0x05);
          otherwise();
        }
      });
    },
    for(counter, from, below, step, body) {
      writer.set(counter, from);
      writer.if(i32.ltS(counter, below), () => {
        writer.loop((again) => {
          body();
          writer.increment(counter, step);
          writer.branchIf(again, i32.ltS(counter, below));
        });
      });
    },
    return() {
      code.push(0x0f);
    },
  };

  write(writer, Array.from({ length: parameters }, (_, index) => localAt("i32", index)));
  code.push(0x0b);
  return { parameters, locals, body: Uint8Array.from(flatten(code)) };
}

/** The bytes of a tree of code, in order. */
function flatten(code: Code): number[] {
  const bytes: number[] = [];
  const visit = (part: Code) => {
    if (typeof part === "number") bytes.push(part);
    else for (const child of part) visit(child);
  };
  visit(code);
  return bytes;
}
