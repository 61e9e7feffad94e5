import assert from "node:assert/strict";
import { benchTask, busyNote } from "../../../pipelines/cli/bench_task.ts";
import { runCommand } from "../../../pipelines/cli/command.ts";

/** Calls `bench`; gives the status, what was printed, and the first line of errors. */
async function bench(...args: readonly string[]) {
  const printed = { out: "", err: "" };
  const code = await runCommand(benchTask, args, {
    cwd: "/",
    stdout: { write: (text) => void (printed.out += text), columns: undefined },
    stderr: { write: (text) => void (printed.err += text), columns: undefined },
  });
  return [code, printed.out, printed.err.split("\n")[0]];
}

Deno.test("bench refuses names, shapes and flags that are not there", async () => {
  assert.deepEqual(await bench("matmull"), [
    1,
    "",
    "error: Cannot measure matmull: there is no such bench, did you mean matmul?",
  ]);
  assert.deepEqual(await bench("toString"), [
    1,
    "",
    "error: Cannot measure toString: there is no such bench, " +
    "there are memory, compile, matmul, attention, step",
  ]);
  assert.deepEqual(await bench("step", "large"), [
    1,
    "",
    "error: Cannot measure step large: no shape has that in its name, " +
    "there are baby; small; nanogpt",
  ]);
  assert.deepEqual(await bench("step", "baby", "small"), [
    1,
    "",
    "error: Cannot measure step baby small: expected a bench and a shape at most",
  ]);
  assert.deepEqual(await bench("--engine", "wsam"), [
    1,
    "",
    "error: Cannot read --engine wsam: did you mean wasm?",
  ]);
  assert.deepEqual(await bench("--threads", "0"), [
    1,
    "",
    "error: Cannot read --threads 0: expected a whole number of 1 or more",
  ]);
  assert.deepEqual(await bench("--jsn"), [
    1,
    "",
    "error: Cannot read --jsn: there is no such flag, did you mean --json?",
  ]);
});

Deno.test("bench tells errors of the command line as JSON if it is asked for", async () => {
  const [code, out] = await bench("stpe", "--json");
  assert.equal(code, 1);
  assert.deepEqual(JSON.parse(String(out)), {
    errors: [{ message: "Cannot measure stpe: there is no such bench, did you mean step?" }],
  });
});

Deno.test("busyNote() tells of a machine that was slower than it can be", () => {
  assert.equal(busyNote([60, 62, 58]), undefined);
  assert.equal(
    busyNote([62.4, 31, 30.6]),
    "note: multiply-adds ran at 62 GFLOP/s at best and 31 in the median: others use this machine, " +
      "fractions of its limits are rough",
  );
});
