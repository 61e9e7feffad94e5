/** The kernel of `rope`: a table of cosines and sines per position, then the rotation. */

import type { Kernel, WasmFunction } from "../graph/ir/kernel.ts";
import type { Call } from "../graph/ir/op.ts";
import { sizeOf } from "../graph/ir/tensor.ts";
import { positionOf } from "./_dims.ts";
import { ropeFrequencies } from "./_rope_frequencies.ts";
import { COSINE_SERIES, fixedTurns, RADIANS_PER_UNIT, SINE_SERIES } from "./_rope_phases.ts";
import { ropeWgsl } from "./_rope_wgsl.ts";
import { type FunctionWriter, wasmFunction } from "./lang/wasm_code.ts";
import { f32, f32x4, type I32, i32, i32x4, type Local, type V128, v128 } from "./lang/wasm_expr.ts";

/** Constants of one call. */
export interface RopeShape {
  readonly width: number;
  readonly half: number;
  /** `half` rounded up to whole vectors: the table has this many cosines, then as many sines. */
  readonly padded: number;
  readonly positions: number;
  /** Rows that follow one another with the same position. */
  readonly inner: number;
  readonly rows: number;
  /** Turns per position of each pair. */
  readonly frequencies: readonly number[];
  readonly offset: number;
  readonly interleaved: boolean;
  readonly inverse: boolean;
}

const PARAMETERS = 6;
const BYTES = 4;
const LANES = 4;

/** Code for one call of `rope`. */
export function ropeKernel(call: Call): Kernel {
  const [x] = call.inputs;
  const at = positionOf(x, String(call.attrs.seq));
  const width = x.dims[x.dims.length - 1].size;
  const half = width / 2;
  const shape: RopeShape = {
    width,
    half,
    padded: Math.ceil(half / LANES) * LANES,
    positions: x.dims[at].size,
    inner: sizeOf({ ...x, dims: x.dims.slice(at + 1, -1) }),
    rows: sizeOf(x) / width,
    frequencies: ropeFrequencies(call.attrs, width),
    offset: Number(call.attrs.offset),
    interleaved: Boolean(call.attrs.interleaved),
    inverse: Boolean(call.attrs.inverse),
  };
  return {
    key: `rope ${JSON.stringify(shape)}`,
    wasm: () => ({
      phases: [
        { code: tableFunction(shape), units: shape.positions },
        { code: rotateFunction(shape), units: shape.rows },
      ],
      scratchBytes: shape.positions * 2 * shape.padded * BYTES,
      threadScratchBytes: 2 * shape.padded * BYTES,
    }),
    webgpu: (bindings) => ropeWgsl(shape, bindings),
  };
}

/** Fills the table. */
function tableFunction(shape: RopeShape): WasmFunction {
  const { padded, frequencies, offset, inverse } = shape;
  return wasmFunction(PARAMETERS, (f, [_x, _y, scratch, steps, begin, end]) => {
    for (let i = 0; i < padded; i++) {
      const { high, low } = fixedTurns(frequencies[i] ?? 0);
      f.store(steps, i32.const(high), i * BYTES);
      f.store(steps, i32.const(low), (padded + i) * BYTES);
    }
    const row = f.hold(i32.add(scratch, times(begin, 2 * padded * BYTES)));
    const s = f.local("i32");
    const i = f.local("i32");
    f.for(s, begin, end, 1, () => {
      const position = f.hold(i32.add(s, i32.const(offset)));
      const whole = f.hold(i32x4.splat(position));
      const upper = f.hold(i32x4.splat(i32.shrU(position, i32.const(16))));
      const lower = f.hold(i32x4.splat(i32.and(position, i32.const(0xffff))));
      f.for(i, i32.const(0), i32.const(padded * BYTES), LANES * BYTES, () => {
        const step = i32.add(steps, i);
        const low = f.hold(v128.load(i32.add(step, i32.const(padded * BYTES))));
        const carried = i32x4.add(
          i32x4.mul(upper, low),
          i32x4.shrU(i32x4.mul(lower, low), i32.const(16)),
        );
        const phase = f.hold(i32x4.add(i32x4.mul(whole, v128.load(step)), carried));
        const { cos, sin } = cosSin(f, phase);
        const target = f.hold(i32.add(row, i));
        f.store(target, cos);
        f.store(
          i32.add(target, i32.const(padded * BYTES)),
          inverse ? f32x4.neg(sin) : sin,
        );
      });
      f.increment(row, 2 * padded * BYTES);
    });
  });
}

/** Cosine and sine of a phase in turns of 2^32, to about 1e-7. */
function cosSin(f: FunctionWriter, phase: Local<"v128">): { cos: V128; sin: V128 } {
  // The nearest quarter turn, and the signed rest: at most an eighth of a turn.
  const quarter = f.hold(i32x4.shrU(i32x4.add(phase, i32x4.const(1 << 29)), i32.const(30)));
  const rest = i32x4.sub(phase, i32x4.shl(quarter, i32.const(30)));
  const x = f.hold(f32x4.mul(f32x4.convertS(rest), f32x4.const(RADIANS_PER_UNIT)));
  const x2 = f.hold(f32x4.mul(x, x));
  const series = (coefficients: readonly number[]) =>
    coefficients.map((c) => f32x4.const(c)).reduce((sum, c) => f32x4.add(f32x4.mul(sum, x2), c));
  const sine = f.hold(f32x4.mul(x, series(SINE_SERIES)));
  const cosine = f.hold(series(COSINE_SERIES));
  // Quarter 1: cos is -sine, sin is cosine; quarter 2 negates both; quarter 3 is the rest.
  const one = i32x4.const(1);
  const two = i32x4.const(2);
  const odd = f.hold(i32x4.eq(v128.and(quarter, one), one));
  const signOf = (negative: V128) => i32x4.shl(negative, i32.const(30));
  const sinSign = signOf(v128.and(quarter, two));
  const cosSign = signOf(v128.and(i32x4.add(quarter, one), two));
  return {
    cos: v128.xor(v128.bitselect(sine, cosine, odd), cosSign),
    sin: v128.xor(v128.bitselect(cosine, sine, odd), sinSign),
  };
}

/** Rotates rows; a unit is one row. */
function rotateFunction(shape: RopeShape): WasmFunction {
  const { width, half, padded, positions, inner, interleaved } = shape;
  return wasmFunction(PARAMETERS, (f, [x, y, scratch, _threadScratch, begin, end]) => {
    const row = f.local("i32");
    const i = f.local("i32");
    const vectors = Math.floor(half / LANES) * LANES;
    f.for(row, begin, end, 1, () => {
      const from = f.hold(i32.add(x, times(row, width * BYTES)));
      const to = f.hold(i32.add(y, times(row, width * BYTES)));
      const position = i32.remU(i32.divU(row, i32.const(inner)), i32.const(positions));
      const table = f.hold(i32.add(scratch, times(position, 2 * padded * BYTES)));
      f.for(i, i32.const(0), i32.const(vectors * BYTES), LANES * BYTES, () => {
        const cos = f.hold(v128.load(i32.add(table, i)));
        const sin = f.hold(v128.load(i32.add(table, i), padded * BYTES));
        const step = interleaved ? i32.shl(i, i32.const(1)) : i;
        const source = f.hold(i32.add(from, step));
        const target = f.hold(i32.add(to, step));
        const second = interleaved ? LANES * BYTES : half * BYTES;
        const v = f.hold(v128.load(source));
        const w = f.hold(v128.load(source, second));
        const [a, b] = interleaved
          ? [f.hold(v128.shuffle(v, w, [0, 2, 4, 6])), f.hold(v128.shuffle(v, w, [1, 3, 5, 7]))]
          : [v, w];
        const p = f.hold(f32x4.sub(f32x4.mul(a, cos), f32x4.mul(b, sin)));
        const q = f.hold(f32x4.add(f32x4.mul(b, cos), f32x4.mul(a, sin)));
        f.store(target, interleaved ? v128.shuffle(p, q, [0, 4, 1, 5]) : p);
        f.store(target, interleaved ? v128.shuffle(p, q, [2, 6, 3, 7]) : q, second);
      });
      f.for(i, i32.const(vectors * BYTES), i32.const(half * BYTES), BYTES, () => {
        const cos = f.hold(f32.load(i32.add(table, i)));
        const sin = f.hold(f32.load(i32.add(table, i), padded * BYTES));
        const step = interleaved ? i32.shl(i, i32.const(1)) : i;
        const second = interleaved ? BYTES : half * BYTES;
        const a = f.hold(f32.load(i32.add(from, step)));
        const b = f.hold(f32.load(i32.add(from, step), second));
        const target = f.hold(i32.add(to, step));
        f.store(target, f32.sub(f32.mul(a, cos), f32.mul(b, sin)));
        f.store(target, f32.add(f32.mul(b, cos), f32.mul(a, sin)), second);
      });
    });
  });
}

function times(value: I32, factor: number): I32 {
  return i32.mul(value, i32.const(factor));
}
