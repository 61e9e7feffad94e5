import assert from "node:assert/strict";
import { groupReads } from "../../../pipelines/train/group_reads.ts";

Deno.test("groupReads() reads eight snapshots at a time, in order, and what is left in the end", async () => {
  const asked: number[] = [];
  const read: [number, number][] = [];
  const reads = groupReads((batch: number, [element]) => read.push([batch, element]));
  const counts: number[] = [];
  for (let batch = 0; batch < 19; batch++) {
    await reads.add(batch, {
      elements() {
        asked.push(batch);
        return Promise.resolve([Float32Array.of(10 * batch)]);
      },
    });
    counts.push(read.length);
  }
  await reads.finish();
  assert.deepEqual(counts.filter((count, i) => count !== (counts[i - 1] ?? 0)), [8, 16]);
  assert.deepEqual(counts.indexOf(8), 7);
  const batches = Array.from({ length: 19 }, (_, batch) => batch);
  assert.deepEqual(asked, batches);
  assert.deepEqual(read, batches.map((batch) => [batch, 10 * batch]));
});
