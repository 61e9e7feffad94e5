import assert from "node:assert/strict";
import { dagBuilder, reachable } from "../../../kernels/lang/dag.ts";
import { splitSegments } from "../../../kernels/lang/split_segments.ts";
import { typeProgram } from "../../../kernels/lang/type_program.ts";
import { interpretProgram } from "./_interpret_program.ts";
import {
  callOfCase,
  type ProgramCase,
  type RunProgram,
  runProgram,
  testOnEngines,
} from "./_run_program.ts";

/** Joins two tensors along a dim, then changes both ends. */
async function joined(
  run: RunProgram,
  signature: string,
  a: Record<string, number>,
  b: Record<string, number>,
) {
  const [p, q] = [a.p, b.q];
  const example: ProgramCase = {
    signature,
    inputs: { a, b },
    outputs: ["y"],
    outputDims: () => ({ F: { name: "f", size: p + q } }),
    programs: [{
      body: `
        i = index(F)
        first = at(a, P = min(max(i, 0), ${p - 1}))
        second = at(b, Q = min(max(i - ${p}, 0), ${q - 1}))
        joined = where(i < ${p}, first, second)
        y = where((${p + q - 1} <= i) | !(i > 0), -joined, joined)
      `,
    }],
  };
  const data = Object.values(example.inputs).map((dims, n) => {
    const size = Object.values(dims).reduce((product, size) => product * size, 1);
    return Float64Array.from({ length: size }, (_, i) => (n + 1) * 100 + i);
  });
  const call = callOfCase(example);
  const [expected] = interpretProgram(call, example.programs[0], data);
  const [y] = await run(example, data);
  assert.deepEqual(y, Float32Array.from(expected), signature);
  return splitSegments(typeProgram(call, example.programs[0]));
}

testOnEngines("splitSegments() joins tensors along any dim", async ({ run }) => {
  const sizes = [[1, 1], [3, 5], [4, 8], [1, 9], [17, 2], [700, 900]];
  await Promise.all(sizes.flatMap(([p, q]) => [
    joined(run, "M P, M Q -> M F", { m: 3, p }, { m: 3, q }),
    joined(run, "P M, Q M -> F M", { p, m: 3 }, { q, m: 3 }),
    joined(run, "M P N, M Q N -> M F N", { m: 2, p, n: 2 }, { m: 2, q, n: 2 }),
  ]));
});

Deno.test("splitSegments() leaves no condition and no gather where the segments decide them", async () => {
  const onWasm: RunProgram = (example, data) => Promise.resolve(runProgram(example, data));
  const parts = await joined(onWasm, "M P, M Q -> M F", { m: 2, p: 5 }, { m: 2, q: 4 });
  assert.deepEqual(parts.map(({ origin, extents }) => [origin.F, extents.F]), [
    [0, 1],
    [1, 4],
    [5, 3],
    [8, 1],
  ]);
  for (const { stores } of parts) {
    const left = reachable(stores.map(({ value }) => value)).map(({ op }) => op);
    assert.ok(!left.includes("select"), `${left}`);
  }
});

Deno.test("splitSegments() leaves programs whole that have nothing to split", () => {
  const bodies = ["y = x", "y = where(index(N) < 9, x, 0)", "y = where(index(N) < index(M), x, 0)"];
  for (const body of bodies) {
    const example: ProgramCase = {
      signature: "M N -> M N",
      inputs: { x: { m: 4, n: 9 } },
      outputs: ["y"],
      programs: [{ body }],
    };
    const program = typeProgram(callOfCase(example), { body });
    assert.deepEqual(splitSegments(program), [program]);
  }
});

Deno.test("dagBuilder() makes equal values once and folds constants", () => {
  const builder = dagBuilder();
  const x = builder.load("f32", "x");
  const two = builder.constant("f32", 2);
  assert.equal(builder.binary("mul", x, two), builder.binary("mul", x, two));
  assert.equal(builder.binary("add", x, builder.constant("f32", 0)), x);
  assert.equal(builder.binary("mul", two, two).value, 4);
  assert.equal(builder.binary("div", x, two).op, "mul");
  assert.equal(builder.constant("f32", 0.1).value, Math.fround(0.1));
  assert.notEqual(builder.constant("f32", 0), builder.constant("f32", -0));
});
