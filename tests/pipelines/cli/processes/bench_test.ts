import assert from "node:assert/strict";
import { call, ROOT } from "./_sluice.ts";

/** Calls `bench` on one thread of wasm; gives the lines of JSON that it prints. */
async function bench(...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { code, out, err } = await call(
    ROOT,
    "bench",
    ...args,
    ...["--engine", "wasm", "--threads", "1", "--json"],
  );
  assert.equal(code, 0, err);
  assert.match(err, /^engine wasm, 1 thread\n(note: multiply-adds ran at .*\n)?$/);
  return out.trimEnd().split("\n").map((line) => JSON.parse(line));
}

const common = { engine: "wasm", threads: 1, devices: 1 };

/** Checks the fields of a line: those of `fixed` by value, all others above 0. */
function check(
  line: Record<string, unknown>,
  fixed: Record<string, unknown>,
  measured: readonly string[],
) {
  for (const name of measured) {
    const value = line[name];
    assert.ok(typeof value === "number" && value > 0 && Number.isFinite(value), name);
  }
  const rest = Object.entries(line).filter(([name]) => !measured.includes(name));
  assert.deepEqual(Object.fromEntries(rest), { ...common, ...fixed });
}

Deno.test("bench prints a line of JSON per product and limit, and nothing else", async () => {
  const [product, peak, copy, ...more] = await bench("matmul", "65 x 65");
  assert.deepEqual(more, []);
  check(product, { bench: "matmul", shape: "65 x 65 x 65" }, [
    "ms_median",
    "ms_min",
    "gflops_per_s",
    "fraction_of_peak",
    "fraction_of_bandwidth",
  ]);
  assert.ok(Number(product.ms_min) <= Number(product.ms_median));
  check(peak, { bench: "peak", shape: "multiply-adds in registers" }, ["gflops_per_s"]);
  check(copy, { bench: "peak", shape: "copy of 64.00 MiB" }, ["gbytes_per_s"]);
});

Deno.test("bench trains models in Workers of their own to measure memory", async () => {
  const [line, ...more] = await bench("memory", "nanogpt");
  assert.deepEqual(more, []);
  check(line, { bench: "memory", shape: "nanogpt" }, ["plan_bytes", "resident_bytes"]);
  assert.ok(Number(line.resident_bytes) > Number(line.plan_bytes));
});
