/** Memory that shaders use both by vectors and element by element. */

import assert from "node:assert/strict";
import { loopKernel } from "../../../kernels/lang/loop_kernel.ts";
import { callOfCase, type ProgramCase, testOnEngines } from "./_run_program.ts";

/** What the shader of a case takes its bindings for. */
function elementsOf(example: ProgramCase): string[] {
  const call = callOfCase(example);
  const bindings = [...call.inputs, ...call.outputs].map((_, i) => i);
  const [{ code }] = loopKernel(call, ...example.programs).webgpu(bindings).phases;
  return [...code.matchAll(/array<(\S+)>;/g)].map(([, element]) => element);
}

function numbers(count: number, first: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

testOnEngines("a tensor that is read by vectors gives single elements too", async ({ run }) => {
  const example: ProgramCase = {
    signature: "M N -> M N",
    inputs: { x: { m: 3, n: 8 } },
    outputs: ["y"],
    programs: [{ body: "y = x - at(x, N = 5)" }],
  };
  assert.deepEqual(elementsOf(example), ["vec4<f32>", "vec4<f32>"]);
  const [y] = await run(example, [numbers(24, 0)]);
  assert.deepEqual([...y], Array.from({ length: 24 }, (_, i) => i % 8 - 5));
});

testOnEngines("a tensor that is stored singly in one part is so in all", async ({ run }) => {
  const example: ProgramCase = {
    signature: "M P, M Q, M R -> M F",
    inputs: { a: { m: 2, p: 8 }, b: { m: 2, q: 1 }, c: { m: 2, r: 3 } },
    outputs: ["y"],
    outputDims: () => ({ F: { name: "f", size: 12 } }),
    programs: [{
      body: `
        i = index(F)
        rest = where(i < 9, at(b, Q = i - 8), at(c, R = i - 9))
        y = where(i < 8, at(a, P = i), rest)
      `,
    }],
  };
  assert.deepEqual(elementsOf(example), ["vec4<f32>", "f32", "f32", "f32"]);
  const [y] = await run(example, [numbers(16, 0), numbers(2, 100), numbers(6, 200)]);
  assert.deepEqual([...y], [
    ...[0, 1, 2, 3, 4, 5, 6, 7, 100, 200, 201, 202],
    ...[8, 9, 10, 11, 12, 13, 14, 15, 101, 203, 204, 205],
  ]);
});

testOnEngines("rows that are no multiple of four are read singly", async ({ run }) => {
  const example: ProgramCase = {
    signature: "M N -> M",
    inputs: { x: { m: 2, n: 6 } },
    outputs: ["y"],
    programs: [{ over: ["N"], body: "y = sum_over(x)" }],
  };
  assert.deepEqual(elementsOf(example), ["f32", "f32"]);
  const [y] = await run(example, [numbers(12, 0)]);
  assert.deepEqual([...y], [15, 51]);
});

testOnEngines("an end of a tensor that is a part of a vector counts once", async ({ run }) => {
  const example: ProgramCase = {
    signature: "N -> , ",
    inputs: { x: { n: 4099 } },
    outputs: ["total", "largest"],
    programs: [{ over: ["N"], body: "total = sum_over(x + 1)\nlargest = max_over(x)" }],
  };
  assert.deepEqual(elementsOf(example), ["vec4<f32>", "f32", "f32"]);
  const [total, largest] = await run(example, [new Array(4099).fill(-1)]);
  assert.deepEqual([...total, ...largest], [0, -1]);
});
