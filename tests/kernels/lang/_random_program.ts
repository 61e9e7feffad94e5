/** Makes random kernel programs over random shapes. */

import { createRandom } from "../../../pipelines/compile/random.ts";
import type { ProgramCase } from "./_run_program.ts";

const DIMS = ["A", "B", "C", "E"];

/** A case of one program with every kind of operand; other seeds, other cases. */
export function randomProgram(seed: number): ProgramCase {
  const random = createRandom(seed);
  const draw = (count: number) => random.integer(count);
  const pick = <T>(list: readonly T[]): T => list[draw(list.length)];
  const shuffled = <T>(list: readonly T[]): T[] =>
    list.map((item) => ({ item, at: random.uniform() })).sort((a, b) => a.at - b.at)
      .map(({ item }) => item);

  const dims = shuffled(DIMS).slice(0, 1 + draw(4));
  // One dim may be long: sums of very many equal numbers differ by more than the tolerance.
  const long = draw(2 * dims.length);
  const sizes = Object.fromEntries(
    dims.map((dim, i) => [dim, i === long ? 17 + draw(60) : draw(4) === 0 ? 1 : 1 + draw(7)]),
  );
  const over = draw(3) === 0 ? [] : dims.slice(0, 1 + draw(dims.length));
  const rowDims = dims.filter((dim) => !over.includes(dim));
  const inputDims = [
    shuffled(dims),
    draw(2) === 0 ? dims : shuffled(dims),
    shuffled(dims).slice(0, draw(dims.length + 1)),
    rowDims,
  ];
  const hasRows = over.length > 0;
  const outputDims = [
    draw(3) === 0 ? shuffled(dims) : dims,
    ...hasRows ? [draw(3) === 0 ? shuffled(rowDims) : rowDims] : [],
  ];

  const operand = () => pick(["x", "y", "z", "r"]);
  const value = (depth: number): string => {
    if (depth === 0) {
      return pick([operand(), operand(), `f32(index(${pick(dims)}))`, "0.5", "2"]);
    }
    const [a, b] = [value(depth - 1), value(depth - 1)];
    const dim = pick(dims);
    return pick([
      `(${a} + ${b})`,
      `(${a} - ${b})`,
      `(${a} * ${b})`,
      `where(${a} < ${b}, ${a}, ${b})`,
      `max(${a}, ${b} * 0.5)`,
      `tanh(${a} * 0.1)`,
      `exp(-abs(${a}))`,
      `where(index(${dim}) < ${draw(4)}, ${a}, ${b})`,
      `at(x, ${dim} = index(${dim}) + ${draw(3) - 1})`,
      `at(y, ${dim} = ${sizes[dim] - 1} - index(${dim}))`,
      `at(x, ${dim} = i32(${a}))`,
    ]);
  };
  const sum = `sum_over(${value(1)} * 0.1)`;
  const lines = hasRows
    ? [
      `first = ${sum}`,
      `e = sigmoid(${value(1)} - max_over(${value(1)}) * 0.1 + first * 0.01)`,
      `second = sum_over(e) * 0.05`,
      `full = e * ${value(1)} + second`,
      `row = second + first * r`,
    ]
    : [`full = ${value(2)}`];
  const named = (list: readonly string[]) =>
    Object.fromEntries(list.map((dim) => [dim.toLowerCase(), sizes[dim]]));
  const [x, y, z, r] = inputDims.map(named);
  return {
    signature: `${inputDims.map((list) => list.join(" ")).join(", ")} -> ` +
      outputDims.map((list) => list.join(" ")).join(", "),
    inputs: { x, y, z, r },
    outputs: hasRows ? ["full", "row"] : ["full"],
    programs: [{
      body: lines.join("\n"),
      ...over.length > 0 ? { over } : {},
      ...hasRows && draw(4) === 0
        ? {
          limit: `${draw(2) === 0 && rowDims.length > 0 ? `index(${pick(rowDims)}) + ` : ""}${
            draw(9)
          }`,
          fill: 3,
        }
        : {},
    }],
  };
}
