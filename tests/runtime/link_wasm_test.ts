import assert from "node:assert/strict";
import { wasmFunction } from "../../kernels/lang/wasm_code.ts";
import { f32, f32x4, i32, i32x4, v128 } from "../../kernels/lang/wasm_expr.ts";
import { linkWasm } from "../../runtime/link_wasm.ts";

type Exports = Record<string, (...args: number[]) => void>;

const LIMITS = { pages: 1, maximum: 2 };

function instantiate(functions: Parameters<typeof linkWasm>[0], memory: WebAssembly.Memory) {
  const module = new WebAssembly.Module(linkWasm(functions, LIMITS) as Uint8Array<ArrayBuffer>);
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
}

const sharedMemory = () => new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });

Deno.test("linkWasm() exports functions of different arities over one shared memory", () => {
  const memory = sharedMemory();
  // f0 writes i at x[i]; f1 writes 2 * x[i] + 1 at y[i], four at a time.
  const count = wasmFunction(3, (f, [x, begin, end]) => {
    const i = f.local("i32");
    f.for(i, begin, end, 1, () => {
      f.store(i32.add(x, i32.shl(i, i32.const(2))), f32.convertS(i));
    });
  });
  const double = wasmFunction(4, (f, [x, y, begin, end]) => {
    const two = f.hold(f32x4.const(2));
    const one = f.hold(f32x4.const(1));
    const at = f.local("i32");
    f.for(at, begin, end, 16, () => {
      const value = f32x4.relaxedMadd(v128.load(i32.add(x, at)), two, one);
      f.store(i32.add(y, at), value);
    });
  });
  const { f0, f1 } = instantiate([count, double], memory);
  f0(0, 0, 8);
  f1(0, 64, 0, 32);
  const floats = new Float32Array(memory.buffer);
  assert.deepEqual([...floats.subarray(0, 8)], [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual([...floats.subarray(16, 24)], [1, 3, 5, 7, 9, 11, 13, 15]);
});

Deno.test("linkWasm() keeps locals of mixed types and bodies longer than 127 bytes apart", () => {
  const memory = sharedMemory();
  const mixed = wasmFunction(1, (f, [x]) => {
    const locals = Array.from({ length: 40 }, (_, index) => ({
      integer: f.hold(i32.const(1000 * index - 7)),
      float: f.hold(f32.const(index / 2)),
      vector: f.hold(i32x4.const(index, -index, index << 20, 1)),
    }));
    locals.forEach(({ integer, float, vector }, index) => {
      f.store(x, integer, 32 * index);
      f.store(x, float, 32 * index + 4);
      f.store(x, vector, 32 * index + 16);
    });
  });
  const { f0 } = instantiate([mixed], memory);
  f0(128);
  const view = new DataView(memory.buffer);
  for (let index = 0; index < 40; index++) {
    const at = 128 + 32 * index;
    assert.equal(view.getInt32(at, true), 1000 * index - 7);
    assert.equal(view.getFloat32(at + 4, true), index / 2);
    assert.deepEqual(
      [...new Int32Array(memory.buffer, at + 16, 4)],
      [index, -index || 0, index << 20, 1],
    );
  }
});

Deno.test("linkWasm() of no functions is a valid module", () => {
  assert.deepEqual(Object.keys(instantiate([], sharedMemory())), []);
});
