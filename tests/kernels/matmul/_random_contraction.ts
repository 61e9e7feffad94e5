import { type Axis, type Contraction, extent } from "../../../kernels/matmul/contraction.ts";

/** A small generator of numbers, so that failures repeat. */
export interface Numbers {
  below(n: number): number;
  /** Multiples of 1/8 in [-2, 2]: sums of a few thousand products are exact in single precision. */
  floats(n: number): Float32Array;
}

/** Makes a generator. */
export function numbers(seed: number): Numbers {
  let state = seed >>> 0;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return {
    below: (n) => Math.floor(next() * n),
    floats: (n) => Float32Array.from({ length: n }, () => Math.round(next() * 32 - 16) / 8),
  };
}

type Group = keyof Contraction;
const GROUPS: readonly Group[] = ["batch", "m", "n", "k"];
const GROUPS_OF: Readonly<Record<"a" | "b" | "c", readonly Group[]>> = {
  a: ["batch", "m", "k"],
  b: ["batch", "k", "n"],
  c: ["batch", "m", "n"],
};

/** A contraction of dims of these sizes, laid out in random order in each operand. */
export function randomLayout(
  sizes: Readonly<Record<Group, readonly number[]>>,
  random: Numbers,
): Contraction {
  const axes = GROUPS.flatMap((group) => sizes[group].map((size) => ({ group, size })));
  const strides = (["a", "b", "c"] as const).map((operand) => {
    const own = axes.filter(({ group }) => GROUPS_OF[operand].includes(group));
    for (let i = own.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [own[i], own[j]] = [own[j], own[i]];
    }
    let stride = 1;
    return new Map(own.map((axis) => {
      const entry = [axis, stride] as const;
      stride *= axis.size;
      return entry;
    }));
  });
  const group = (name: Group): Axis[] =>
    axes.filter((axis) => axis.group === name).map((axis) => ({
      size: axis.size,
      a: strides[0].get(axis) ?? 0,
      b: strides[1].get(axis) ?? 0,
      c: strides[2].get(axis) ?? 0,
    }));
  return { batch: group("batch"), m: group("m"), n: group("n"), k: group("k") };
}

/** Random operands for a contraction, and the size of its result. */
export function randomOperands(
  problem: Contraction,
  random: Numbers,
): { readonly inputs: readonly Float32Array[]; readonly size: number } {
  const [batch, m, n, k] = GROUPS.map((group) => extent(problem[group]));
  return {
    inputs: [random.floats(batch * m * k), random.floats(batch * k * n)],
    size: batch * m * n,
  };
}
