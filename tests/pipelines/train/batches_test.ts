import assert from "node:assert/strict";
import { createBatches, readSequences } from "../../../pipelines/train/batches.ts";

const base = { order: "shuffled", tokens: 41, seq: 4, batch: 3, seed: 17 } as const;

Deno.test("createBatches() shuffled takes every sequence once per epoch, in another order each time", () => {
  const batches = createBatches(base);
  const starts = Array.from({ length: 20 }, (_, i) => batches.starts(i + 1)).flat();
  const epochs = Array.from({ length: 6 }, (_, e) => starts.slice(e * 10, e * 10 + 10));
  const all = Array.from({ length: 10 }, (_, i) => 4 * i);
  for (const epoch of epochs) assert.deepEqual(epoch.toSorted((a, b) => a - b), all);
  assert.equal(new Set(epochs.map(String)).size, 6);
});

Deno.test("createBatches() gives a step the same sequences whatever was asked for before", () => {
  for (const order of ["shuffled", "random_windows"] as const) {
    const once = createBatches({ ...base, order });
    const forward = [1, 2, 3, 4, 5, 6, 7].map((step) => once.starts(step));
    const again = createBatches({ ...base, order });
    assert.deepEqual([7, 1, 6, 2, 5, 3, 4].map((step) => again.starts(step)), [
      forward[6],
      forward[0],
      forward[5],
      forward[1],
      forward[4],
      forward[2],
      forward[3],
    ]);
    assert.notDeepEqual(createBatches({ ...base, order, seed: 18 }).starts(1), forward[0]);
  }
});

Deno.test("createBatches() keeps its order from version to version", () => {
  assert.deepEqual(createBatches(base).starts(1), [4, 32, 20]);
  assert.deepEqual(createBatches({ ...base, order: "random_windows" }).starts(1), [27, 33, 19]);
});

Deno.test("createBatches() random_windows reaches every place whose targets lie in the split", () => {
  const batches = createBatches({ ...base, order: "random_windows", tokens: 10, batch: 50 });
  const starts = [1, 2, 3].flatMap((step) => batches.starts(step));
  assert.deepEqual([...new Set(starts)].toSorted(), [0, 1, 2, 3, 4, 5]);
});

Deno.test("createBatches() takes a split of one sequence, and no shorter one", () => {
  assert.deepEqual(createBatches({ ...base, tokens: 5 }).starts(1), [0, 0, 0]);
  assert.throws(() => createBatches({ ...base, tokens: 4 }), {
    name: "RangeError",
    message: "Cannot make batches: the training split has 4 tokens, " +
      "expected at least 5 for sequences of 4",
  });
});

Deno.test("readSequences() shifts targets by one and ignores what lies beyond the split", () => {
  const all = Int32Array.of(10, 11, 12, 13, 14, 15);
  const split = {
    tokens: all.length,
    read: (position: number, target: Int32Array) =>
      target.set(all.subarray(position, position + target.length)),
  };
  const { tokens, targets } = readSequences(split, [0, 3, 5, 8], 3);
  assert.deepEqual([...tokens], [10, 11, 12, 13, 14, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual([...targets], [11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1, -1]);
});
