/** Locals that hold values and pointers, by the part of the code in which they are valid. */

import type { FunctionWriter } from "./wasm_code.ts";
import type { I32, Local, V128 } from "./wasm_expr.ts";

/** Nested scopes. What is bound in one is found in those inside it, and gone at its end. */
export interface WasmScopes {
  /** Runs `body` in a scope of its own; the locals of its vectors are used again afterwards. */
  nest(body: () => void): void;
  /** The vector bound to a name, or undefined. */
  vector(name: string): V128 | undefined;
  /** Computes a vector into a local and binds it in the innermost scope. */
  hold(name: string, value: V128): V128;
  /** Binds a local that is written elsewhere. */
  bind(name: string, local: V128): void;
  /** A vector local that is free again at the end of the scope. */
  temporary(): Local<"v128">;
  pointer(name: string): I32 | undefined;
  bindPointer(name: string, pointer: I32): void;
}

interface Scope {
  readonly vectors: Map<string, V128>;
  readonly pointers: Map<string, I32>;
  readonly owned: Local<"v128">[];
}

/** Scopes of a function, the outermost open. */
export function wasmScopes(f: FunctionWriter): WasmScopes {
  const free: Local<"v128">[] = [];
  const newScope = (): Scope => ({ vectors: new Map(), pointers: new Map(), owned: [] });
  const stack = [newScope()];
  const top = () => stack[stack.length - 1];
  const scopes: WasmScopes = {
    nest(body) {
      stack.push(newScope());
      body();
      free.push(...top().owned);
      stack.pop();
    },
    vector: (name) => stack.findLast(({ vectors }) => vectors.has(name))?.vectors.get(name),
    hold(name, value) {
      const local = scopes.temporary();
      f.set(local, value);
      top().vectors.set(name, local);
      return local;
    },
    bind: (name, local) => void top().vectors.set(name, local),
    temporary() {
      const local = free.pop() ?? f.local("v128");
      top().owned.push(local);
      return local;
    },
    pointer: (name) => stack.findLast(({ pointers }) => pointers.has(name))?.pointers.get(name),
    bindPointer: (name, pointer) => void top().pointers.set(name, pointer),
  };
  return scopes;
}
