/** Mutants that no test finds, with the reason. */

/** A line of `kernels/FILE` after the change, and why nothing fails. */
export interface Survivor {
  readonly file: string;
  readonly after: string;
  readonly reason: string;
}

const SYMMETRIC = "the expression is symmetric in the two operands, and both have the widest dims";
const UNREAD = "the value is not read";
const SPARE = "memory to spare changes no result";
const OUTSIDE = "the reference then writes outside its array, which does nothing";
const RARE = "differs only where 24 random bits equal the threshold, once in 2^24 elements";

/** Known survivors. */
export const REASONS: readonly Survivor[] = [
  {
    file: "_einops.ts",
    after: "while (token.lastIndex <= side.length) {",
    reason: "at the end there is nothing left to read, and the loop ends",
  },
  {
    file: "_rope_kernel.ts",
    after: "padded: Math.ceil(half * LANES) * LANES,",
    reason: SPARE,
  },
  {
    file: "_rope_kernel.ts",
    after: "scratchBytes: shape.positions * 4 * shape.padded * BYTES,",
    reason: SPARE,
  },
  {
    file: "_rope_kernel.ts",
    after: "threadScratchBytes: 4 * shape.padded * BYTES,",
    reason: SPARE,
  },
  {
    file: "_rope_kernel.ts",
    after: "const low = Math.ceil((turns - high) * 2 ** 16);",
    reason: "the last of 48 bits of a frequency is below the rounding of floats",
  },
  {
    file: "_rope_kernel.ts",
    after:
      "const sine = f.hold(f32x4.mul(x, series([1 / 725760, -1 / 5040, 1 / 120, -1 / 6, 1])));",
    reason: "half of the last term of the series is below the tolerance of 2e-7",
  },
  {
    file: "dropout.ts",
    after: "return bits >>> 8 > threshold ? value * scale : 0;",
    reason: RARE,
  },
  {
    file: "dropout.ts",
    after: "y = where(f32(bits) > ${threshold}, x * ${scale}, 0)",
    reason: RARE,
  },
  {
    file: "einsum.ts",
    after: "{ name, size, a: a.get(name) ?? 1, b: b.get(name) ?? 0, c: c.get(name) ?? 0 }",
    reason: UNREAD,
  },
  {
    file: "einsum.ts",
    after: "{ name, size, a: a.get(name) ?? 0, b: b.get(name) ?? 1, c: c.get(name) ?? 0 }",
    reason: UNREAD,
  },
  {
    file: "einsum.ts",
    after: "{ name, size, a: a.get(name) ?? 0, b: b.get(name) ?? 0, c: c.get(name) ?? 1 }",
    reason: UNREAD,
  },
  {
    file: "gather.ts",
    after: "if (ids[i] < 0 && ids[i] >= V) continue;",
    reason: OUTSIDE,
  },
  { file: "gather.ts", after: "if (ids[i] < 0 || ids[i] > V) continue;", reason: OUTSIDE },
  {
    file: "map.ts",
    after: 'while (names.includes(cotangent)) cotangent -= "_";',
    reason: "the name becomes NaN, which is as free as any",
  },
  {
    file: "max.ts",
    after: "const [largest] = builder.call(map, [y, x], {",
    reason: SYMMETRIC,
  },
  {
    file: "max.ts",
    after: 'expr: "where(x == y, 2, 0)",',
    reason: "the factor drops out of the quotient by the count",
  },
  {
    file: "max.ts",
    after: "return builder.call(map, [dy, largest, count], {",
    reason: SYMMETRIC,
  },
  {
    file: "sum_of_squares.ts",
    after: "return dy ? builder.call(map, [dy, x], attrs) : [undefined];",
    reason: SYMMETRIC,
  },
  {
    file: "sum.ts",
    after: "sizes: dims.map(({ name, size }) => fresh.includes(name) ? size : 1),",
    reason: UNREAD,
  },
  {
    file: "max.ts",
    after: `body: "y = max_over(x) - sum_over(where(x == x, 0, x))",`,
    reason: "the sum is 0 or NaN, and its sign changes neither",
  },
];
