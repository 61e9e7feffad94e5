import assert from "node:assert/strict";
import {
  type BenchLine,
  jsonLine,
  readableLine,
} from "../../../../pipelines/cli/bench/bench_line.ts";

const line: BenchLine = {
  bench: "step",
  engine: "wasm",
  devices: 1,
  threads: 2,
  shape: "baby",
  ms_median: 123.456789,
  ms_min: 120,
  gflops_per_s: 41.23456,
  tokens_per_s: 6220.8,
  fraction_of_peak: 0.654321,
  plan_bytes: 53768960,
};

Deno.test("jsonLine() rounds to four digits, whole numbers not", () => {
  assert.equal(
    jsonLine(line),
    '{"bench":"step","engine":"wasm","devices":1,"threads":2,"shape":"baby","ms_median":123.5,' +
      '"ms_min":120,"gflops_per_s":41.23,"tokens_per_s":6221,"fraction_of_peak":0.6543,' +
      '"plan_bytes":53768960}\n',
  );
});

Deno.test("readableLine() leaves out what is absent", () => {
  assert.equal(
    readableLine(line),
    "step      wasm   baby                               " +
      "123 ms, least 120 ms, 41.2 GFLOP/s, 6221 tokens/s, 65% of peak, plan 51.28 MiB\n",
  );
});

Deno.test("readableLine() writes large numbers without an exponent", () => {
  const { bench, engine, devices, shape } = line;
  const text = readableLine({
    bench,
    engine,
    devices,
    shape,
    ms_median: 2994.4,
    gflops_per_s: 51234,
  });
  assert.ok(text.endsWith(" 2990 ms, 51200 GFLOP/s\n"));
});
