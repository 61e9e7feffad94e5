/** The kernel of `rope` for the webgpu engine: a table of cosines and sines, then the rotation. */

import type { WebgpuKernel, WebgpuPhase } from "../graph/ir/kernel.ts";
import type { RopeShape } from "./_rope_kernel.ts";
import { COSINE_SERIES, fixedTurns, RADIANS_PER_UNIT, SINE_SERIES } from "./_rope_phases.ts";
import { operandName, type WgslElement, wgslPhase, wgslScratchBytes } from "./lang/wgsl_shader.ts";

const THREADS = 64;
/** Positions of which a thread computes the angles: they share its copy of the frequencies. */
const POSITIONS_PER_THREAD = 8;

/** Code for one call; x is operand 0, y is operand 1. */
export function ropeWgsl(shape: RopeShape, bindings: readonly number[]): WebgpuKernel {
  return {
    phases: [tablePhase(shape, bindings), rotatePhase(shape, bindings)],
    scratchBytes: wgslScratchBytes(shape.positions * 2 * shape.half),
  };
}

/** Fills the table: for each position the cosines of all pairs, then their sines. */
function tablePhase(shape: RopeShape, bindings: readonly number[]): WebgpuPhase {
  const { half, positions, frequencies, offset, inverse } = shape;
  const fixed = frequencies.map(fixedTurns);
  const list = (values: readonly number[]) => values.map((value) => `${value}u`).join(", ");
  const series = (coefficients: readonly number[]) => {
    const [first, ...rest] = coefficients.map((value) => `${Math.fround(value)}f`);
    return rest.reduce((sum, value) => `fma(${sum}, x2, ${value})`, first);
  };
  const threads = Math.ceil(positions / POSITIONS_PER_THREAD) * half;
  const body = `  let id = group * ${THREADS}u + thread;
  if (id >= ${threads}u) { return; }
  let pair = id % ${half}u;
  let first = id / ${half}u * ${POSITIONS_PER_THREAD}u;
  let high_step = high[pair];
  let low_step = low[pair];
  for (var row = first; row < min(first + ${POSITIONS_PER_THREAD}u, ${positions}u); row++) {
    let position = row + ${offset}u;
    let carried = (position >> 16u) * low_step + (((position & 0xffffu) * low_step) >> 16u);
    let phase = position * high_step + carried;
    // The nearest quarter turn, and the signed rest: at most an eighth of a turn.
    let quarter = (phase + ${1 << 29}u) >> 30u;
    let x = f32(bitcast<i32>(phase - (quarter << 30u))) * ${Math.fround(RADIANS_PER_UNIT)}f;
    let x2 = x * x;
    let sine = x * ${series(SINE_SERIES)};
    let cosine = ${series(COSINE_SERIES)};
    // Quarter 1: cos is -sine, sin is cosine; quarter 2 negates both; quarter 3 is the rest.
    let is_odd = (quarter & 1u) == 1u;
    let cos_sign = select(1f, -1f, ((quarter + 1u) & 2u) != 0u);
    let sin_sign = select(1f, -1f, (quarter & 2u) != 0u);
    let at = row * ${2 * half}u + pair;
    scratch[at] = cos_sign * select(cosine, sine, is_odd);
    scratch[at + ${half}u] = ${inverse ? "-" : ""}sin_sign * select(sine, cosine, is_odd);
  }
`;
  return wgslPhase({
    bindings,
    elements: [undefined, undefined],
    scratch: "f32",
    threads: THREADS,
    groups: Math.ceil(threads / THREADS),
    iterations: POSITIONS_PER_THREAD + 1,
    declarations: `const high: array<u32, ${half}> = array(${list(fixed.map(({ high }) => high))});
const low: array<u32, ${half}> = array(${list(fixed.map(({ low }) => low))});
`,
    body,
  });
}

/** Rotates pairs: a thread has one, or those of a vector or two. */
function rotatePhase(shape: RopeShape, bindings: readonly number[]): WebgpuPhase {
  const { width, half, positions, inner, rows, interleaved } = shape;
  const isVector = (interleaved ? width : half) % 4 === 0;
  const element: WgslElement = isVector ? "vec4<f32>" : "f32";
  const [x, y] = [0, 1].map((operand) => operandName(bindings, operand));
  const size = isVector ? 4 : 1;
  const perRow = interleaved && isVector ? width / 4 : half / size;
  const tableVector = isVector && !interleaved;
  const count = rows * perRow;
  const step = half / (tableVector ? 4 : 1);
  const own = !interleaved
    ? `let a = row * ${width / size}u + at;
  let b = a + ${half / size}u;`
    : isVector
    ? `let a = row * ${perRow}u + at;`
    : `let a = row * ${width}u + 2u * at;
  let b = a + 1u;`;
  const rotate = interleaved && isVector
    ? `let cosines = vec2<f32>(scratch[table + 2u * at], scratch[table + 2u * at + 1u]);
  let sines = vec2<f32>(scratch[table + ${step}u + 2u * at], scratch[table + ${step}u + 2u * at + 1u]);
  let v = ${x}[a];
  let p = v.xz * cosines - v.yw * sines;
  let q = v.yw * cosines + v.xz * sines;
  ${y}[a] = vec4<f32>(p.x, q.x, p.y, q.y);`
    : `let cosine = scratch[table + at];
  let sine = scratch[table + ${step}u + at];
  let v = ${x}[a];
  let w = ${x}[b];
  ${y}[a] = v * cosine - w * sine;
  ${y}[b] = w * cosine + v * sine;`;
  const body = `  let id = group * ${THREADS}u + thread;
  if (id >= ${count}u) { return; }
  let row = id / ${perRow}u;
  let at = id % ${perRow}u;
  let table = row / ${inner}u % ${positions}u * ${2 * step}u;
  ${own}
  ${rotate}
`;
  return wgslPhase({
    bindings,
    elements: [element, element],
    scratch: tableVector ? element : "f32",
    threads: THREADS,
    groups: Math.ceil(count / THREADS),
    iterations: 0,
    body,
  });
}
