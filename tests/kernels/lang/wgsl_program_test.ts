/** The WGSL of small programs, as text. `GOLDEN=write` writes it anew. */

import assert from "node:assert/strict";
import { loopKernel } from "../../../kernels/lang/loop_kernel.ts";
import { callOfCase, type ProgramCase } from "./_run_program.ts";

interface GoldenCase {
  readonly example: ProgramCase;
  /** Bindings of the operands; by default one each. */
  readonly bindings?: readonly number[];
}

const CASES: Readonly<Record<string, GoldenCase>> = {
  map: {
    example: {
      signature: "M N, N, M -> M N",
      inputs: { x: { m: 6, n: 128 }, column: { n: 128 }, row: { m: 6 } },
      outputs: ["y"],
      programs: [{ body: "y = relu(x) * column + row" }],
    },
  },
  map_of_odd_rows: {
    example: {
      signature: "M N -> M N",
      inputs: { x: { m: 3, n: 5 } },
      outputs: ["y"],
      programs: [{ body: "y = where(index(M) < index(N), x, -inf)" }],
    },
  },
  map_in_place: {
    example: {
      signature: "N, N -> N, N",
      inputs: { p: { n: 1001 }, m: { n: 1001 } },
      outputs: ["new_p", "new_m"],
      inPlace: { new_p: "p", new_m: "m" },
      programs: [{ body: "new_m = 0.9 * m + p\nnew_p = p - 0.1 * new_m" }],
    },
    bindings: [0, 1, 0, 1],
  },
  gather: {
    example: {
      signature: "V D, N -> N D",
      inputs: { table: { v: 50, d: 8 }, ids: { n: 40 } },
      dtypes: { ids: "i32" },
      outputs: ["y"],
      programs: [{ body: "y = at(table, V = ids)" }],
    },
  },
  join: {
    example: {
      signature: "M P, M Q -> M F",
      inputs: { a: { m: 3, p: 8 }, b: { m: 3, q: 5 } },
      outputs: ["y"],
      outputDims: () => ({ F: { name: "f", size: 13 } }),
      programs: [{
        body: "y = where(index(F) < 8, at(a, P = index(F)), at(b, Q = index(F) - 8))",
      }],
    },
  },
  rms_norm: {
    example: {
      signature: "R D, D -> R D, R",
      inputs: { x: { r: 100, d: 384 }, weight: { d: 384 } },
      outputs: ["y", "scale"],
      programs: [{
        over: ["D"],
        body: "scale = rsqrt(sum_over(x * x) / D + 1e-5)\ny = x * scale * weight",
      }],
    },
  },
  softmax_with_limit: {
    example: {
      signature: "H Q K -> H Q K",
      inputs: { x: { h: 2, q: 5, k: 5000 } },
      outputs: ["y"],
      inPlace: { y: "x" },
      programs: [{
        over: ["K"],
        limit: "index(Q) + 4996",
        body: "e = exp(x - max_over(x))\ny = e / sum_over(e)",
      }],
    },
    bindings: [0, 0],
  },
  column_sums: {
    example: {
      signature: "R D -> D",
      inputs: { x: { r: 5000, d: 48 } },
      outputs: ["y"],
      programs: [{ over: ["R"], body: "y = sum_over(x)" }],
    },
  },
  scatter: {
    example: {
      signature: "R D, R -> V D",
      inputs: { x: { r: 1000, d: 384 }, ids: { r: 1000 } },
      dtypes: { ids: "i32" },
      outputs: ["table"],
      outputDims: () => ({ V: { name: "v", size: 5000 } }),
      programs: [{ body: "table[V = ids] += x" }],
    },
  },
};

for (const [name, { example, bindings }] of Object.entries(CASES)) {
  Deno.test(`the WGSL of ${name} is that of its golden file`, async () => {
    const call = callOfCase(example);
    const own = [...call.inputs, ...call.outputs].map((_, i) => i);
    const kernel = loopKernel(call, ...example.programs).webgpu(bindings ?? own);
    const texts = kernel.phases.map(({ code, workgroups }) => `// ${workgroups}\n${code}`);
    const text = [...texts, `// ${kernel.scratchBytes} bytes of scratch\n`].join("\n");
    const file = new URL(`../../golden/wgsl/${name}.wgsl`, import.meta.url);
    if (Deno.env.get("GOLDEN") === "write") await Deno.writeTextFile(file, text);
    assert.equal(text, await Deno.readTextFile(file), "run this test with GOLDEN=write");
  });
}
