import assert from "node:assert/strict";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import { loopKernel } from "../../../kernels/lang/loop_kernel.ts";
import { interpretProgram } from "./_interpret_program.ts";
import { assertNear } from "../../near.ts";
import { callOfCase, type ProgramCase, testOnEngines } from "./_run_program.ts";

/** Reductions of one operand `x`, whose sum is added to `bias`. */
function reduction(
  dims: Readonly<Record<string, number>>,
  over: readonly string[],
  value: string,
): ProgramCase {
  const rest = Object.fromEntries(
    Object.entries(dims).filter(([dim]) => !over.includes(dim.toUpperCase())),
  );
  const variables = (sizes: object) => Object.keys(sizes).join(" ").toUpperCase();
  return {
    signature: `${variables(dims)}, ${variables(rest)} -> ${variables(rest)}, ${variables(rest)}`,
    inputs: { x: dims, bias: rest },
    outputs: ["total", "largest"],
    programs: [{ over, body: `total = bias + sum_over(${value})\nlargest = max_over(x) * bias` }],
  };
}

/** One sum of everything: scratch is read by vectors, and `blocks` of them are no whole number. */
function singleSum(blocks: number): ProgramCase {
  return {
    signature: "A -> ",
    inputs: { x: { a: 8192 * blocks } },
    outputs: ["total"],
    programs: [{ over: ["A"], body: "total = sum_over(x)" }],
  };
}

/** Groups of each launch. */
function groupsOf(example: ProgramCase): number[] {
  const call = callOfCase(example);
  const { phases } = loopKernel(call, ...example.programs).webgpu(
    [...call.inputs, ...call.outputs].map((_, i) => i),
  );
  return phases.map(({ workgroups: [x, y] }) => x * y);
}

const SPLIT = {
  columns: reduction({ a: 5000, b: 48 }, ["A"], "x * f32(index(A))"),
  "a row": reduction({ a: 40_003 }, ["A"], "x"),
  rows: reduction({ a: 3, b: 70_001 }, ["B"], "x * f32(index(B)) * 1e-4"),
  "dims that are apart": reduction({ a: 480, b: 3, c: 200 }, ["A", "C"], "x + f32(index(A))"),
  "a row of 5 blocks": singleSum(5),
  "a row of 7 blocks": singleSum(7),
};

for (const [name, example] of Object.entries(SPLIT)) {
  testOnEngines(`a long reduction of ${name} takes two launches on webgpu`, async ({ run }) => {
    const [first, second] = groupsOf(example);
    assert.ok(first > 4 && second <= 2, `${first} and ${second} groups`);
    const call = callOfCase(example);
    const data = call.inputs.map((type) =>
      Float64Array.from({ length: sizeOf(type) }, (_, i) => Math.fround(Math.sin(i) + 0.1))
    );
    const expected = interpretProgram(call, example.programs[0], data);
    (await run(example, data)).forEach((result, i) => {
      assertNear(result, expected[i], 1e-5, example.outputs[i]);
    });
  });
}

Deno.test("blockReduction() leaves alone what has threads enough, or is done in one pass", () => {
  assert.equal(groupsOf(reduction({ a: 4096, b: 4096 }, ["B"], "x")).length, 1);
  assert.equal(groupsOf(reduction({ a: 64, b: 48 }, ["A"], "x")).length, 1);
  // 65,537 is prime: blocks would be of single elements.
  assert.equal(groupsOf(reduction({ a: 65_537, b: 2, c: 2, d: 48 }, ["A", "C"], "x")).length, 1);
  assert.equal(groupsOf(reduction({ a: 65_536, b: 2, c: 2, d: 48 }, ["A", "C"], "x")).length, 2);
  const mean = "(x - sum_over(x) * 0.1)";
  assert.equal(groupsOf(reduction({ a: 40_003 }, ["A"], mean)).length, 1);
});
