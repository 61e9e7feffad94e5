import assert from "node:assert/strict";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import { PROGRAM_FUNCTIONS, SCALAR_FUNCTIONS } from "../../../kernels/lang/functions.ts";
import { loopKernel } from "../../../kernels/lang/loop_kernel.ts";
import { createRandom } from "../../../pipelines/compile/random.ts";
import { assertNear } from "../../near.ts";
import { interpretProgram } from "./_interpret_program.ts";
import { callOfCase, type EngineTest, type ProgramCase, testOnEngines } from "./_run_program.ts";

type Sizes = Readonly<Record<string, number>>;

/** Uniform numbers for the inputs of a case; integers below the size of dim `v` for i32. */
function dataFor(example: ProgramCase): Float64Array[] {
  const call = callOfCase(example);
  const random = createRandom(sizeOf(call.outputs[0]));
  return call.inputs.map((type) =>
    Float64Array.from(
      { length: sizeOf(type) },
      () => type.dtype === "i32" ? random.integer(5) : Math.fround(4 * random.uniform() - 2),
    )
  );
}

/** Runs a case of one program and compares it with the interpreter. */
async function check({ run }: EngineTest, example: ProgramCase, tolerance = 1e-5) {
  const data = dataFor(example);
  const [program] = example.programs;
  const expected = interpretProgram(callOfCase(example), program, data);
  const what = `${program.body.trim()} with ${JSON.stringify(example.inputs)}`;
  (await run(example, data)).forEach((result, i) => {
    assertNear(result, expected[i], tolerance, `${example.outputs[i]} of ${what}`);
  });
}

/**
 * Checks cases: all of them on wasm, and on webgpu, where each has to be compiled, at most twelve.
 */
async function checkAll(test: EngineTest, cases: readonly ProgramCase[]) {
  const step = test.engine === "wasm" ? 1 : Math.ceil(cases.length / 12);
  const chosen = cases.filter((_, i) => i % step === 0);
  await Promise.all(chosen.map((example) => check(test, example)));
}

const ROWS = [1, 2, 3, 5];
const LENGTHS = [...Array.from({ length: 17 }, (_, i) => i + 1), 31, 32, 33, 48, 67];

testOnEngines(
  "loopKernel() maps vectors of every length, in blocks where they are long",
  async (test) => {
    const cases: ProgramCase[] = [];
    for (const n of [...LENGTHS, 2047, 4095, 4096, 4097, 6000, 8192, 10001]) {
      cases.push({
        signature: "N, N -> N",
        inputs: { a: { n }, b: { n } },
        outputs: ["y"],
        programs: [{ body: "y = a * b + 2 * a" }],
      });
    }
    await checkAll(test, cases);
  },
);

testOnEngines("loopKernel() repeats operands along the dims that they lack", async (test) => {
  const cases: ProgramCase[] = [];
  for (const m of ROWS) {
    for (const n of [...LENGTHS, 5000]) {
      cases.push({
        signature: "M N, N, M,  -> M N",
        inputs: { x: { m, n }, column: { n }, row: { m }, one: {} },
        outputs: ["y"],
        programs: [{ body: "y = x * column + row - one * column" }],
      });
    }
  }
  await checkAll(test, cases);
});

testOnEngines("loopKernel() reads tensors whose dims are in another order", async (test) => {
  const cases: ProgramCase[] = [];
  for (const sizes of [[2, 3, 5], [4, 1, 7], [1, 6, 4], [3, 8, 2]]) {
    const [a, b, c] = sizes;
    for (const out of ["A B C", "C A B", "B C A", "C B A"]) {
      cases.push({
        signature: `A B C, C A -> ${out}`,
        inputs: { x: { a, b, c }, z: { c, a } },
        outputs: ["y"],
        programs: [{ body: "y = x - z" }],
      });
    }
  }
  await checkAll(test, cases);
});

testOnEngines("loopKernel() reduces rows, then maps them", async (test) => {
  const cases: ProgramCase[] = [];
  for (const m of ROWS) {
    for (const n of [...LENGTHS, 300]) {
      cases.push({
        signature: "M N, N -> M N, M, M",
        inputs: { x: { m, n }, w: { n } },
        outputs: ["y", "largest", "total"],
        programs: [{
          over: ["N"],
          body: `
            e = exp(x - max_over(x))   # kept for the last pass
            y = e / sum_over(e) * w
            largest = max_over(x)
            total = sum_over(x * w) + sum_over(where(x > 0, 1, 0))
          `,
        }],
      });
    }
  }
  await checkAll(test, cases);
});

testOnEngines("loopKernel() reduces columns", async (test) => {
  const cases: ProgramCase[] = [];
  for (const rows of [1, 2, 9]) {
    for (const n of [...LENGTHS, 130]) {
      cases.push({
        signature: "R N, R N, R -> N",
        inputs: { x: { r: rows, n }, dy: { r: rows, n }, mean: { r: rows } },
        outputs: ["y"],
        programs: [{ over: ["R"], body: "y = sum_over(dy * (x - mean)) + max_over(mean) * R" }],
      });
    }
  }
  await checkAll(test, cases);
});

testOnEngines("loopKernel() normalises columns", async (test) => {
  const cases: ProgramCase[] = [];
  for (const [b, r, n] of [[2, 3, 5], [1, 4, 16], [3, 2, 19], [2, 7, 1]]) {
    cases.push({
      signature: "B R N, N -> B R N, B N",
      inputs: { x: { b, r, n }, w: { n } },
      outputs: ["y", "total"],
      programs: [{
        over: ["R"],
        body: "total = sum_over(x * x)\ny = x * rsqrt(total + 1) * w",
      }],
    });
  }
  await checkAll(test, cases);
});

testOnEngines("loopKernel() reduces over several dims, next to each other or not", async (test) => {
  const cases: ProgramCase[] = [];
  const inputs = (a: number, b: number, c: number) => ({ x: { a, b, c } });
  for (const [a, b, c] of [[2, 3, 5], [5, 2, 4], [3, 1, 9], [1, 6, 3], [4, 3, 1], [2, 2, 40]]) {
    for (
      const [out, over] of [
        ["B", ["A", "C"]],
        ["A", ["C", "B"]],
        ["C", ["A", "B"]],
        ["", ["B", "A", "C"]],
        ["A C", ["B"]],
        ["C A", ["B"]],
      ] as const
    ) {
      cases.push({
        signature: `A B C -> ${out}`,
        inputs: inputs(a, b, c),
        outputs: ["y"],
        programs: [{ over, body: "y = sum_over(x) + 10 * max_over(x)" }],
      });
    }
  }
  await checkAll(test, cases);
});

testOnEngines(
  "loopKernel() stops at the limit of each row and fills what is beyond",
  async (test) => {
    const cases: ProgramCase[] = [];
    for (const q of [1, 3, 4, 6]) {
      for (const k of [...LENGTHS.slice(0, 17), 35]) {
        cases.push({
          signature: "Q K -> Q K, Q",
          inputs: { x: { q, k } },
          outputs: ["y", "total"],
          programs: [{
            over: ["K"],
            limit: `index(Q) + ${k} - ${q} + 1`,
            fill: 7,
            body: `
            e = exp(x - max_over(x))
            total = sum_over(e)
            y = e / total + f32(index(K))
          `,
          }],
        });
      }
    }
    await checkAll(test, cases);
  },
);

testOnEngines(
  "loopKernel() takes limits from tensors, below 0 and above the size too",
  async ({ run }) => {
    const example: ProgramCase = {
      signature: "Q K, Q -> Q K, Q",
      inputs: { x: { q: 4, k: 5 }, n: { q: 4 } },
      outputs: ["y", "total"],
      dtypes: { n: "i32" },
      programs: [{ over: ["K"], limit: "n", body: "y = x\ntotal = sum_over(x)" }],
    };
    const x = Array.from({ length: 20 }, (_, i) => i + 1);
    const [y, total] = await run(example, [x, [-3, 2, 5, 99]]);
    assert.deepEqual([...y], [0, 0, 0, 0, 0, 6, 7, 0, 0, 0, ...x.slice(10)]);
    assert.deepEqual([...total], [0, 13, 65, 90]);
  },
);

testOnEngines("loopKernel() reads coordinates and elements at coordinates", async (test) => {
  const cases: ProgramCase[] = [];
  const table = (v: number, n: number): Sizes => ({ v, n });
  for (const m of ROWS) {
    for (const n of LENGTHS) {
      const base = { dtypes: { ids: "i32" }, outputs: ["y"] } as const;
      const bodies = [
        "y = at(table, V = ids) + f32(index(N) - 3 * index(M))",
        "y = at(table, V = ids, N = N - 1 - index(N))",
        "y = at(table, V = 2, N = index(N) + 1) - at(table, V = index(M), N = index(N) - 2)",
        "y = where(index(N) >= 1, at(table, V = 1, N = index(N) - 1), 0)",
        "y = at(table, V = ids, N = ids)",
      ];
      for (const body of bodies) {
        cases.push({
          ...base,
          signature: "V N, M -> M N",
          inputs: { table: table(5, n), ids: { m } },
          programs: [{ body }],
        });
      }
      cases.push({
        ...base,
        signature: "V N, N M -> N M",
        inputs: { table: table(5, n), ids: { n, m } },
        programs: [{ body: "y = at(table, V = ids)" }],
      });
    }
  }
  await checkAll(test, cases);
});

testOnEngines("loopKernel() cuts slices without reading outside their tensor", async (test) => {
  const cases: ProgramCase[] = [];
  for (const [full, start, part] of [[9, 3, 6], [8, 0, 5], [5, 4, 1], [33, 20, 13], [12, 2, 8]]) {
    cases.push({
      signature: "F M -> P M",
      inputs: { x: { f: full, m: 3 } },
      outputs: ["y"],
      outputDims: () => ({ P: { name: "p", size: part } }),
      programs: [{ body: `y = at(x, F = index(P) + ${start})` }],
    });
    cases.push({
      signature: "M F -> M P",
      inputs: { x: { m: 3, f: full } },
      outputs: ["y"],
      outputDims: () => ({ P: { name: "p", size: part } }),
      programs: [{
        body: `y = at(x, F = index(P) + ${start}) + at(x, F = ${full - 1} - index(P))`,
      }],
    });
  }
  await checkAll(test, cases);
});

testOnEngines("loopKernel() reduces what it looks up", async (test) => {
  const cases: ProgramCase[] = [];
  for (const [r, n] of [[1, 1], [3, 5], [7, 16], [4, 21]]) {
    cases.push({
      signature: "R N, V N, R -> N",
      inputs: { dy: { r, n }, table: { v: 5, n }, ids: { r } },
      dtypes: { ids: "i32" },
      outputs: ["y"],
      programs: [{ over: ["R"], body: "y = sum_over(dy * at(table, V = ids))" }],
    });
    cases.push({
      signature: "R N, R -> R",
      inputs: { logits: { r, n }, ids: { r } },
      dtypes: { ids: "i32" },
      outputs: ["y"],
      programs: [{
        over: ["N"],
        body: "y = log(sum_over(exp(logits))) - at(logits, N = ids)",
      }],
    });
  }
  await checkAll(test, cases);
});

testOnEngines(
  "loopKernel() runs programs one after another on the same outputs",
  async ({ run }) => {
    const [y, scale] = await run({
      signature: "M N -> M N, M",
      inputs: { x: { m: 2, n: 3 } },
      outputs: ["y", "scale"],
      programs: [
        { over: ["N"], body: "scale = max_over(abs(x))" },
        { body: "y = x / scale" },
        { body: "y = y * 10" },
      ],
    }, [[1, 2, -4, 3, 1.5, 6]]);
    assert.deepEqual([...scale], [4, 6]);
    assert.deepEqual([...y], [2.5, 5, -10, 5, 2.5, 10]);
  },
);

testOnEngines(
  "loopKernel() names inputs of variadic ops, and takes numbers from attributes",
  async ({ run }) => {
    const [y] = await run({
      signature: "N, N -> N",
      inputs: { a: { n: 3 }, b: { n: 3 } },
      outputs: ["y"],
      attrs: { factor: 3, negative: true, text: "x" },
      programs: [{ names: ["p", "q"], body: "y = where(negative, -p, p) * factor + N * q" }],
    }, [[1, 2, 3], [10, 20, 30]]);
    assert.deepEqual([...y], [27, 54, 81]);
  },
);

testOnEngines("loopKernel() computes scalars, and tensors from nothing", async ({ run }) => {
  const [y] = await run({
    signature: ",  -> ",
    inputs: { a: {}, b: {} },
    outputs: ["y"],
    programs: [{ body: "y = a / b + -inf * 0 + NaN" }, { body: "y = where(y == y, 1, a / b)" }],
  }, [[3], [4]]);
  assert.deepEqual([...y], [0.75]);
  const [ramp] = await run({
    signature: " -> N M",
    inputs: {},
    outputs: ["y"],
    outputDims: () => ({ N: { name: "n", size: 2 }, M: { name: "m", size: 3 } }),
    programs: [{ body: "y = f32(index(N)) * 10 + f32(index(M))" }],
  }, []);
  assert.deepEqual([...ramp], [0, 1, 2, 10, 11, 12]);
});

Deno.test("loopKernel() gives calls with equal code equal keys, and only those", () => {
  const example = (n: number, body: string): ProgramCase => ({
    signature: "N -> N",
    inputs: { x: { n } },
    outputs: ["y"],
    programs: [{ body }],
  });
  const keyOf = (one: ProgramCase) => loopKernel(callOfCase(one), ...one.programs).key;
  assert.equal(keyOf(example(3, "y = x")), keyOf(example(3, "y = x")));
  assert.notEqual(keyOf(example(3, "y = x")), keyOf(example(4, "y = x")));
  assert.notEqual(keyOf(example(3, "y = x")), keyOf(example(3, "y = x + 1")));
  assert.notEqual(
    keyOf(example(3, "y = x")),
    keyOf({ ...example(3, "y = x"), dtypes: { x: "i32", y: "i32" } }),
  );
  assert.notEqual(
    keyOf(example(3, "y = x")),
    keyOf({ ...example(3, "y = x"), inPlace: { y: "x" } }),
  );
});

Deno.test("loopKernel() splits work into units of a sensible size", () => {
  const unitsOf = (example: ProgramCase) =>
    loopKernel(callOfCase(example), ...example.programs).wasm().phases.map(({ units }) => units);
  const map = (m: number, n: number): ProgramCase => ({
    signature: "M N, N -> M N",
    inputs: { x: { m, n }, w: { n } },
    outputs: ["y"],
    programs: [{ body: "y = x * w" }],
  });
  assert.deepEqual(unitsOf(map(3, 5)), [1]);
  assert.deepEqual(unitsOf(map(100, 128)), [7]);
  assert.deepEqual(unitsOf(map(2, 10000)), [10]);
  assert.deepEqual(unitsOf(map(1, 1 << 20)), [512]);
});

Deno.test("the description of the language names every function", async () => {
  const url = new URL("../../../kernels/lang/loop_kernel.ts", import.meta.url);
  const text = await Deno.readTextFile(url);
  for (const name of [...Object.keys(SCALAR_FUNCTIONS), ...Object.keys(PROGRAM_FUNCTIONS)]) {
    assert.ok(text.includes(`\`${name}(`), `${name} is missing`);
  }
});
