import assert from "node:assert/strict";
import { measureInTurns, median } from "../../../../pipelines/cli/bench/stopwatch.ts";

/** Works that note their names when they are waited for, with the number of runs. */
function noted(names: readonly string[], together: number) {
  const notes: string[] = [];
  const works = names.map((name) => {
    let runs = 0;
    return {
      run: () => void runs++,
      settle: () => {
        notes.push(`${name} ${runs}`);
        runs = 0;
        return Promise.resolve();
      },
      together,
    };
  });
  return { works, notes };
}

Deno.test("measureInTurns() takes samples of all works in turns", async () => {
  const { works, notes } = noted(["a", "b"], 1);
  const times = await measureInTurns(works, 3, 0);
  assert.deepEqual(notes.slice(-6), ["a 1", "b 1", "a 1", "b 1", "a 1", "b 1"]);
  assert.deepEqual(times.map(({ ms, queuing }) => [ms.length, queuing.length]), [[3, 3], [3, 3]]);
  for (const { ms, queuing } of times) {
    ms.forEach((value, i) => assert.ok(value >= queuing[i] && queuing[i] >= 0));
  }
});

Deno.test("measureInTurns() runs short work many times, but no more than may be open", async () => {
  const { works, notes } = noted(["a"], 10);
  await measureInTurns(works, 2, 1000);
  assert.deepEqual(notes.slice(0, 3), ["a 1", "a 1", "a 1"]);
  assert.deepEqual(notes.slice(-3), ["a 10", "a 10", "a 10"]);
});

Deno.test("median() is the middle one", () => {
  assert.equal(median([3]), 3);
  assert.equal(median([10, 9, 1]), 9);
  assert.equal(median([4, 1, 3, 2]), 3);
});

Deno.test("measureInTurns() makes samples of the others as long as one run of the first", async () => {
  const { works: [other], notes } = noted(["other"], 2 ** 20);
  const first = {
    run: () => {},
    settle: () => new Promise((resolve) => setTimeout(resolve, 40)),
    together: 1,
  };
  await measureInTurns([first, other], 1, 0);
  const [, runs] = notes.at(-1)!.split(" ").map(Number);
  assert.ok(runs > 1000, `${runs} runs`);
});
