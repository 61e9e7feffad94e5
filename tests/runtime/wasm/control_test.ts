import assert from "node:assert/strict";
import {
  abort,
  arrive,
  createControlMemory,
  failureOf,
  setPosition,
  viewControl,
} from "../../../runtime/wasm/control.ts";

const control = (threads: number) => viewControl(createControlMemory(threads), threads);

Deno.test("arrive() lets a single thread through at once", () => {
  assert.equal(arrive(control(1)), "released");
});

Deno.test("arrive() gives up after its limit, and releases the last to come", () => {
  const two = control(2);
  assert.equal(arrive(two, 3), "late");
  // The other thread finds the first one counted.
  assert.equal(arrive(two), "released");
  assert.equal(arrive(two, 3), "late");
});

Deno.test("arrive() counts on past the largest phase", () => {
  const two = control(2);
  // The word that counts the barriers, in the second cache line.
  const phase = 16;
  two.words[phase] = 0x3fffffff;
  assert.equal(arrive(two, 3), "late");
  assert.equal(arrive(two), "released");
  assert.equal(two.words[phase], 0);
});

/** Lets every sleep take `naps[i].ms`, by the clock, and do `naps[i].meanwhile`, and no time at all. */
function withNaps(naps: { ms: number; meanwhile?: () => void }[], body: () => void): void {
  const { wait } = Atomics;
  const { now } = performance;
  let clock = 0;
  try {
    performance.now = () => clock;
    Atomics.wait = () => {
      const nap = naps.shift();
      assert.ok(nap, "one sleep too many");
      clock += nap.ms;
      nap.meanwhile?.();
      return "timed-out";
    };
    body();
    assert.deepEqual(naps, [], "sleeps are left");
  } finally {
    Atomics.wait = wait;
    performance.now = now;
  }
}

Deno.test("arrive() does not count the time in which the process stands still", () => {
  const two = control(2);
  const hour = { ms: 3_600_000 };
  const meanwhile = () => assert.equal(arrive(two), "released");
  withNaps([hour, { ms: 200 }, hour, { ms: 100, meanwhile }], () => {
    assert.equal(arrive(two, 1_000), "released");
  });
  withNaps([hour, { ms: 200 }, { ms: 150 }, hour], () => {
    assert.equal(arrive(two, 650), "late");
  });
});

Deno.test("arrive() does not give up while another thread begins new steps", () => {
  const two = control(2);
  const begin = (step: number) => ({ ms: 200, meanwhile: () => setPosition(two, 1, step) });
  withNaps([begin(0), begin(1), begin(2), begin(3), { ms: 200 }], () => {
    assert.equal(arrive(two, 400), "late");
  });
});

Deno.test("abort() ends every barrier for good and keeps the first message", () => {
  const three = control(3);
  assert.equal(failureOf(three), undefined);
  setPosition(three, 2, 41);
  abort(three, 2, "first, with an umlaut: \u00fc");
  abort(three, 1, "second");
  assert.deepEqual(failureOf(three), {
    thread: 2,
    step: 41,
    message: "first, with an umlaut: \u00fc",
  });
  assert.equal(arrive(three), "aborted");
  assert.equal(arrive(three), "aborted");
});

Deno.test("abort() cuts a message that is too long", () => {
  const one = control(1);
  abort(one, 0, "x".repeat(5000));
  assert.equal(failureOf(one)?.message, "x".repeat(2048));
});
