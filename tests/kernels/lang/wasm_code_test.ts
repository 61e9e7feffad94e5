import assert from "node:assert/strict";
import { type FunctionWriter, wasmFunction } from "../../../kernels/lang/wasm_code.ts";
import {
  type Expr,
  f32,
  f32x4,
  type I32,
  i32,
  i32x4,
  type Local,
  select,
  signed,
  unsigned,
  v128,
  type ValueType,
} from "../../../kernels/lang/wasm_expr.ts";
import { linkWasm } from "../../../runtime/link_wasm.ts";

/** Runs one function of two parameters over a memory of one page and gives the memory. */
function run(
  write: (f: FunctionWriter, x: Local<"i32">, n: Local<"i32">) => void,
  n = 0,
  before: readonly number[] = [],
): DataView {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  new Float32Array(memory.buffer).set(before, 256);
  const code = wasmFunction(2, (f, [x, count]) => write(f, x, count));
  const bytes = linkWasm([code], { pages: 1, maximum: 1 }) as Uint8Array<ArrayBuffer>;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  (instance.exports.f0 as (x: number, n: number) => void)(1024, n);
  return new DataView(memory.buffer, 1024);
}

/** The four lanes an expression leaves; floats or integers by the reader. */
function lanes(
  expr: (x: I32) => Expr<ValueType>,
  reader: "getFloat32" | "getInt32",
  before: readonly number[] = [],
): number[] {
  const view = run((f, x) => f.store(x, expr(x), 64), 0, before);
  return [0, 4, 8, 12].map((at) => view[reader](64 + at, true));
}

const scalar = (expr: Expr<ValueType>, reader: "getFloat32" | "getInt32") =>
  lanes(() => expr, reader)[0];

Deno.test("unsigned() and signed() give the LEB128 bytes of the specification", () => {
  assert.deepEqual(unsigned(624485), [0xe5, 0x8e, 0x26]);
  assert.deepEqual(unsigned(0xffffffff), [0xff, 0xff, 0xff, 0xff, 0x0f]);
  assert.deepEqual(signed(-123456), [0xc0, 0xbb, 0x78]);
  assert.deepEqual([signed(63), signed(64), signed(-64), signed(-65)], [
    [0x3f],
    [0xc0, 0x00],
    [0x40],
    [0xbf, 0x7f],
  ]);
  for (const value of [0, 1, -1, 64, 127, 128, -128, 2 ** 31 - 1, -(2 ** 31)]) {
    assert.equal(scalar(i32.const(value), "getInt32"), value);
  }
});

Deno.test("i32 and f32 operations compute what their names say", () => {
  const c = i32.const;
  const integers: [I32, number][] = [
    [i32.add(c(7), c(5)), 12],
    [i32.sub(c(7), c(5)), 2],
    [i32.mul(c(7), c(5)), 35],
    [i32.divS(c(-7), c(2)), -3],
    [i32.divU(c(-1), c(2)), 0x7fffffff],
    [i32.remS(c(-7), c(4)), -3],
    [i32.remU(c(-1), c(10)), 5],
    [i32.and(c(6), c(3)), 2],
    [i32.or(c(6), c(3)), 7],
    [i32.xor(c(6), c(3)), 5],
    [i32.shl(c(3), c(4)), 48],
    [i32.shrS(c(-8), c(1)), -4],
    [i32.shrU(c(-8), c(28)), 15],
    [i32.rotl(c(1 << 31), c(1)), 1],
    [i32.eqz(c(0)), 1],
    [i32.eq(c(1), c(2)), 0],
    [i32.ne(c(1), c(2)), 1],
    [i32.ltS(c(-1), c(1)), 1],
    [i32.ltU(c(-1), c(1)), 0],
    [i32.gtS(c(-1), c(1)), 0],
    [i32.gtU(c(-1), c(1)), 1],
    [i32.leS(c(1), c(1)), 1],
    [i32.leU(c(-1), c(1)), 0],
    [i32.geS(c(-1), c(1)), 0],
    [i32.geU(c(-1), c(1)), 1],
    [i32.min(c(-1), c(1)), -1],
    [i32.max(c(-1), c(1)), 1],
    [i32.truncSatS(f32.const(-2.7)), -2],
    [i32.truncSatU(f32.const(-2.7)), 0],
    [i32.reinterpret(f32.const(1)), 0x3f800000],
    [f32.eq(f32.const(1), f32.const(1)), 1],
    [f32.ne(f32.const(1), f32.const(1)), 0],
    [f32.lt(f32.const(1), f32.const(2)), 1],
    [f32.gt(f32.const(1), f32.const(2)), 0],
    [f32.le(f32.const(2), f32.const(2)), 1],
    [f32.ge(f32.const(1), f32.const(2)), 0],
    [select(c(0), c(4), c(9)), 9],
  ];
  for (const [expr, want] of integers) assert.equal(scalar(expr, "getInt32"), want);
  const d = f32.const;
  const floats: [Expr<"f32">, number][] = [
    [f32.add(d(1.5), d(2)), 3.5],
    [f32.sub(d(1.5), d(2)), -0.5],
    [f32.mul(d(1.5), d(2)), 3],
    [f32.div(d(1.5), d(2)), 0.75],
    [f32.min(d(1), d(2)), 1],
    [f32.max(d(1), d(2)), 2],
    [f32.copysign(d(1), d(-2)), -1],
    [f32.abs(d(-3)), 3],
    [f32.neg(d(3)), -3],
    [f32.ceil(d(1.2)), 2],
    [f32.floor(d(-1.2)), -2],
    [f32.trunc(d(-1.8)), -1],
    [f32.nearest(d(2.5)), 2],
    [f32.sqrt(d(9)), 3],
    [f32.convertS(c(-1)), -1],
    [f32.convertU(c(-1)), 4294967296],
    [f32.reinterpret(c(0x40490fdb)), Math.fround(Math.PI)],
  ];
  for (const [expr, want] of floats) assert.equal(scalar(expr, "getFloat32"), want);
});

Deno.test("f32x4 operations compute what their names say", () => {
  const a = f32x4.const(1, -2.5, 3.5, -4);
  const b = f32x4.const(2, 2, -2, -4);
  const cases: [Expr<"v128">, number[]][] = [
    [f32x4.add(a, b), [3, -0.5, 1.5, -8]],
    [f32x4.sub(a, b), [-1, -4.5, 5.5, 0]],
    [f32x4.mul(a, b), [2, -5, -7, 16]],
    [f32x4.div(a, b), [0.5, -1.25, -1.75, 1]],
    [f32x4.min(a, b), [1, -2.5, -2, -4]],
    [f32x4.max(a, b), [2, 2, 3.5, -4]],
    [f32x4.pmin(a, b), [1, -2.5, -2, -4]],
    [f32x4.pmax(a, b), [2, 2, 3.5, -4]],
    [f32x4.abs(a), [1, 2.5, 3.5, 4]],
    [f32x4.neg(a), [-1, 2.5, -3.5, 4]],
    [f32x4.sqrt(f32x4.const(4, 9, 16, 25)), [2, 3, 4, 5]],
    [f32x4.ceil(a), [1, -2, 4, -4]],
    [f32x4.floor(a), [1, -3, 3, -4]],
    [f32x4.trunc(a), [1, -2, 3, -4]],
    [f32x4.nearest(a), [1, -2, 4, -4]],
    [f32x4.relaxedMadd(a, b, f32x4.const(1)), [3, -4, -6, 17]],
    [f32x4.relaxedNmadd(a, b, f32x4.const(1)), [-1, 6, 8, -15]],
    [f32x4.splat(f32.const(7)), [7, 7, 7, 7]],
    [f32x4.replaceLane(a, 2, f32.const(9)), [1, -2.5, 9, -4]],
    [f32x4.splat(f32x4.extractLane(a, 1)), [-2.5, -2.5, -2.5, -2.5]],
    [f32x4.convertS(i32x4.const(-1, 0, 1, 2)), [-1, 0, 1, 2]],
    [f32x4.convertU(i32x4.const(-1, 0, 1, 2)), [4294967296, 0, 1, 2]],
    [v128.shuffle(a, b, [3, 4, 0, 6]), [-4, 2, 1, -2]],
    [v128.bitselect(a, b, i32x4.const(-1, 0, -1, 0)), [1, 2, 3.5, -4]],
    [select(i32.const(0), a, b), [2, 2, -2, -4]],
  ];
  for (const [expr, want] of cases) assert.deepEqual(lanes(() => expr, "getFloat32"), want);
  const masks: [Expr<"v128">, number[]][] = [
    [f32x4.eq(a, b), [0, 0, 0, -1]],
    [f32x4.ne(a, b), [-1, -1, -1, 0]],
    [f32x4.lt(a, b), [-1, -1, 0, 0]],
    [f32x4.gt(a, b), [0, 0, -1, 0]],
    [f32x4.le(a, b), [-1, -1, 0, -1]],
    [f32x4.ge(a, b), [0, 0, -1, -1]],
  ];
  for (const [expr, want] of masks) assert.deepEqual(lanes(() => expr, "getInt32"), want);
});

Deno.test("i32x4 and v128 operations compute what their names say", () => {
  const a = i32x4.const(1, -2, 3, -4);
  const b = i32x4.const(2, 2, 3, -5);
  const cases: [Expr<ValueType>, number[]][] = [
    [i32x4.add(a, b), [3, 0, 6, -9]],
    [i32x4.sub(a, b), [-1, -4, 0, 1]],
    [i32x4.mul(a, b), [2, -4, 9, 20]],
    [i32x4.minS(a, b), [1, -2, 3, -5]],
    [i32x4.maxS(a, b), [2, 2, 3, -4]],
    [i32x4.minU(a, b), [1, 2, 3, -5]],
    [i32x4.maxU(a, b), [2, -2, 3, -4]],
    [i32x4.abs(a), [1, 2, 3, 4]],
    [i32x4.neg(a), [-1, 2, -3, 4]],
    [i32x4.shl(a, i32.const(2)), [4, -8, 12, -16]],
    [i32x4.shrS(a, i32.const(1)), [0, -1, 1, -2]],
    [i32x4.shrU(a, i32.const(30)), [0, 3, 0, 3]],
    [i32x4.eq(a, b), [0, 0, -1, 0]],
    [i32x4.ne(a, b), [-1, -1, 0, -1]],
    [i32x4.ltS(a, b), [-1, -1, 0, 0]],
    [i32x4.ltU(a, b), [-1, 0, 0, 0]],
    [i32x4.gtS(a, b), [0, 0, 0, -1]],
    [i32x4.gtU(a, b), [0, -1, 0, -1]],
    [i32x4.leS(a, b), [-1, -1, -1, 0]],
    [i32x4.leU(a, b), [-1, 0, -1, 0]],
    [i32x4.geS(a, b), [0, 0, -1, -1]],
    [i32x4.geU(a, b), [0, -1, -1, -1]],
    [i32x4.splat(i32x4.extractLane(a, 3)), [-4, -4, -4, -4]],
    [i32x4.replaceLane(a, 1, i32.const(8)), [1, 8, 3, -4]],
    [i32x4.truncSatS(f32x4.const(1.9, -1.9, 3e9, NaN)), [1, -1, 2147483647, 0]],
    [i32x4.truncSatU(f32x4.const(1.9, -1.9, 3e9, NaN)), [1, 0, 3e9 | 0, 0]],
    [v128.and(a, b), [0, 2, 3, -8]],
    [v128.andnot(a, b), [1, -4, 0, 4]],
    [v128.or(a, b), [3, -2, 3, -1]],
    [v128.xor(a, b), [3, -4, 0, 7]],
    [v128.not(a), [-2, 1, -4, 3]],
  ];
  for (const [expr, want] of cases) assert.deepEqual(lanes(() => expr, "getInt32"), want);
  assert.equal(scalar(i32x4.bitmask(a), "getInt32"), 0b1010);
  assert.equal(scalar(i32x4.allTrue(a), "getInt32"), 1);
  assert.equal(scalar(v128.anyTrue(i32x4.const(0)), "getInt32"), 0);
});

Deno.test("loads and stores use the offset and the lane", () => {
  const before = [10, 11, 12, 13, 14, 15];
  const zero = f32x4.const(0);
  assert.deepEqual(lanes((x) => v128.load(x, 4), "getFloat32", before), [11, 12, 13, 14]);
  assert.deepEqual(lanes((x) => v128.load32Splat(x, 8), "getFloat32", before), [12, 12, 12, 12]);
  assert.deepEqual(lanes((x) => v128.load32Zero(x, 8), "getFloat32", before), [12, 0, 0, 0]);
  assert.deepEqual(lanes((x) => v128.load32Lane(x, zero, 2, 4), "getFloat32", before), [
    0,
    0,
    11,
    0,
  ]);
  assert.equal(lanes((x) => f32.load(x, 20), "getFloat32", before)[0], 15);
  assert.equal(lanes((x) => i32.load(x), "getInt32", [1])[0], 0x3f800000);
  const view = run((f, x) => f.storeLane(x, f32x4.const(5, 6, 7, 8), 3, 300));
  assert.equal(view.getFloat32(300, true), 8);
});

Deno.test("blocks, loops and branches follow their labels", () => {
  // The sum of the odd numbers below n, leaving the outer block when it passes 100.
  const oddSum = (f: FunctionWriter, x: Local<"i32">, n: Local<"i32">) => {
    const i = f.local("i32");
    const sum = f.local("i32");
    f.block((done) => {
      f.for(i, i32.const(0), n, 1, () => {
        f.block((next) => {
          f.branchIf(next, i32.eqz(i32.and(i, i32.const(1))));
          f.increment(sum, i);
          f.branchIf(done, i32.gtS(sum, i32.const(100)));
        });
      });
    });
    f.store(x, sum);
  };
  assert.equal(run(oddSum, 10).getInt32(0, true), 25);
  assert.equal(run(oddSum, 0).getInt32(0, true), 0);
  assert.equal(run(oddSum, 1000).getInt32(0, true), 121);
});

Deno.test("if, return and fill do what they say", () => {
  const write = (f: FunctionWriter, x: Local<"i32">, n: Local<"i32">) => {
    f.if(n, () => f.fill(x, i32.const(0x01), i32.const(8)), () => f.store(x, i32.const(77), 4));
    f.if(i32.eq(n, i32.const(2)), () => f.return());
    f.store(x, i32.const(5), 32);
  };
  const read = (n: number) => [0, 4, 8, 32].map((at) => run(write, n).getInt32(at, true));
  assert.deepEqual(read(0), [0, 77, 0, 5]);
  assert.deepEqual(read(1), [0x01010101, 0x01010101, 0, 5]);
  assert.deepEqual(read(2), [0x01010101, 0x01010101, 0, 0]);
});
