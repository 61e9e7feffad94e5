/**
 * Packing: copies a panel of one operand into `[k][width]` order, whatever its strides are. Lanes
 * past the last row or column hold data of other elements; what is computed from them is dropped.
 */

import type { FunctionWriter } from "../lang/wasm_code.ts";
import { type I32, i32, type Local, v128 } from "../lang/wasm_expr.ts";
import { type Axis, byteOffset, byteStride, extent, hasVectors } from "./contraction.ts";

/** Steps of k per turn of a copying loop. */
const UNROLL = 4;

/** What to pack: `width` neighbours of a group of `axes` along a range of `k`. */
export interface PackRequest {
  readonly operand: "a" | "b";
  /** The rows of a or the columns of b. */
  readonly axes: readonly Axis[];
  readonly k: readonly Axis[];
  /** Address of the operand's element at the batch index, row, column and k of zero. */
  readonly source: I32;
  /** The first row or column. */
  readonly first: Local<"i32">;
  /** Floats per k in the packed panel. */
  readonly width: number;
  readonly kFirst: Local<"i32">;
  readonly kCount: Local<"i32">;
}

/**
 * Writes the panel at `target`, which moves on by `4 * width * kCount` bytes. Whole vectors are
 * stored in ascending order: up to three floats past the end are overwritten where `width` is not a
 * multiple of 4, else up to three steps of k where `kCount` is not.
 */
export function packPanel(f: FunctionWriter, target: Local<"i32">, request: PackRequest): void {
  const { operand, axes, k, width } = request;
  // Panels of b start at multiples of four, those of a need not.
  const aligned = operand === "b" || axes.length <= 1;
  if (aligned && hasVectors(axes, operand)) copyPanel(f, target, request);
  else if (byteStride(k, operand) === 4 && width % 4 === 0) transposePanel(f, target, request);
  else gatherPanel(f, target, request);
}

/** Neighbours are contiguous: whole vectors are copied. */
function copyPanel(f: FunctionWriter, target: Local<"i32">, request: PackRequest): void {
  const { operand, axes, source, first, width } = request;
  const step = axes.length > 1 ? 4 : width;
  const pointers = steps(width, step).map((at) =>
    f.hold(i32.add(source, byteOffset(axes, operand, f.hold(i32.add(first, i32.const(at))))))
  );
  eachK(f, request, pointers, (addresses) => {
    for (const at of steps(width, 4)) {
      const address = addresses[Math.floor(at / step)];
      f.store(target, v128.load(address, 4 * (at % step)), 4 * at);
    }
    f.increment(target, 4 * width);
  });
}

/** The k of a column are contiguous: blocks of 4 by 4 are transposed in registers. */
function transposePanel(f: FunctionWriter, target: Local<"i32">, request: PackRequest): void {
  const { source, kFirst, kCount, width } = request;
  const start = f.hold(i32.add(source, i32.mul(kFirst, i32.const(4))));
  const index = f.local("i32");
  const row = f.local("i32");
  const lanes = [0, 1, 2, 3].map(() => f.local("v128"));
  for (const at of steps(width, 4)) {
    const pointers = lanePointers(f, request, at, 4, start);
    f.set(row, i32.add(target, i32.const(4 * at)));
    f.for(index, i32.const(0), kCount, 4, () => {
      pointers.forEach((pointer, lane) => {
        f.set(lanes[lane], v128.load(pointer));
        f.increment(pointer, 16);
      });
      const [p, q, r, s] = lanes;
      const low = [v128.shuffle(p, q, [0, 4, 1, 5]), v128.shuffle(r, s, [0, 4, 1, 5])] as const;
      const high = [v128.shuffle(p, q, [2, 6, 3, 7]), v128.shuffle(r, s, [2, 6, 3, 7])] as const;
      const halves = [f.local("v128"), f.local("v128")] as const;
      [low, high].forEach((pair, half) => {
        f.set(halves[0], pair[0]);
        f.set(halves[1], pair[1]);
        f.store(row, v128.shuffle(...halves, [0, 1, 4, 5]), 4 * width * (2 * half));
        f.store(row, v128.shuffle(...halves, [2, 3, 6, 7]), 4 * width * (2 * half + 1));
      });
      f.increment(row, 16 * width);
    });
  }
  f.increment(target, i32.mul(kCount, i32.const(4 * width)));
}

/** Any strides: one element at a time. */
function gatherPanel(f: FunctionWriter, target: Local<"i32">, request: PackRequest): void {
  const { source, width } = request;
  const pointers = lanePointers(f, request, 0, width, source);
  eachK(f, request, pointers, (addresses) => {
    for (const at of steps(width, 4)) {
      const [head, ...rest] = addresses.slice(at, at + 4);
      const vector = rest.reduce(
        (lanes, address, i) => v128.load32Lane(address, lanes, i + 1),
        v128.load32Zero(head),
      );
      f.store(target, vector, 4 * at);
    }
    f.increment(target, 4 * width);
  });
}

/** Pointers to `count` neighbours from `first + at`; past the last one they repeat it. */
function lanePointers(
  f: FunctionWriter,
  { operand, axes, first }: PackRequest,
  at: number,
  count: number,
  source: I32,
): Local<"i32">[] {
  const last = i32.const(extent(axes) - 1);
  return Array.from({ length: count }, (_, lane) => {
    const index = f.hold(i32.add(first, i32.const(at + lane)));
    f.set(index, i32.min(index, last));
    return f.hold(i32.add(source, byteOffset(axes, operand, index)));
  });
}

/** Runs `body` for each k with the addresses of that k. */
function eachK(
  f: FunctionWriter,
  { operand, k, kFirst, kCount }: PackRequest,
  pointers: readonly Local<"i32">[],
  body: (addresses: readonly I32[]) => void,
): void {
  const index = f.local("i32");
  const stride = byteStride(k, operand);
  if (stride !== undefined) {
    for (const pointer of pointers) {
      f.increment(pointer, i32.mul(kFirst, i32.const(stride)));
    }
    const turn = () => {
      body(pointers);
      for (const pointer of pointers) f.increment(pointer, stride);
    };
    const turns = f.hold(i32.and(kCount, i32.const(-UNROLL)));
    f.for(index, i32.const(0), turns, UNROLL, () => {
      for (let i = 0; i < UNROLL; i++) turn();
    });
    f.for(index, turns, kCount, 1, turn);
    return;
  }
  const offset = f.local("i32");
  f.for(index, kFirst, f.hold(i32.add(kFirst, kCount)), 1, () => {
    f.set(offset, byteOffset(k, operand, index));
    body(pointers.map((pointer) => i32.add(pointer, offset)));
  });
}

/** `0, step, 2 step, ...` below `width`. */
function steps(width: number, step: number): number[] {
  return Array.from({ length: Math.ceil(width / step) }, (_, i) => i * step);
}
