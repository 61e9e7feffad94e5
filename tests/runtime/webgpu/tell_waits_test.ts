import assert from "node:assert/strict";
import type { Wait } from "../../../runtime/device.ts";
import { tellWaits, waitFor } from "../../../runtime/webgpu/tell_waits.ts";

Deno.test("tellWaits() tells waits that overlap as one, and its end when the last has ended", () => {
  const told: (Wait | undefined)[] = [];
  const begin = tellWaits((wait) => told.push(wait));
  const a = { what: "a", limitMs: 10 };
  const b = { what: "b", limitMs: 5 };
  const [endA, endB] = [begin(a), begin(b)];
  assert.deepEqual(told.splice(0), [a, { what: "a", limitMs: 15 }]);
  endB();
  assert.deepEqual(told.splice(0), [a]);
  const endAgain = begin(b);
  endA();
  assert.deepEqual(told.splice(0), [{ what: "a", limitMs: 15 }, b]);
  endAgain();
  assert.deepEqual(told, [undefined]);
});

Deno.test("waitFor() tells the end of a wait that fails, too", async () => {
  const told: (Wait | undefined)[] = [];
  const wait = { what: "a", limitMs: 10 };
  const begin = tellWaits((wait) => told.push(wait));
  const fail = () => Promise.reject(new Error("lost"));
  await assert.rejects(waitFor(begin, wait, fail), { message: "lost" });
  assert.deepEqual(told, [wait, undefined]);
});
