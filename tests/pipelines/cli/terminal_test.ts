import assert from "node:assert/strict";
import { createTerminal } from "../../../pipelines/cli/terminal.ts";

function recorder(columns: number | undefined) {
  const clock = { time: 0 };
  const texts: string[] = [];
  const output = { write: (text: string) => void texts.push(text), columns };
  return { clock, texts, terminal: createTerminal(output, () => clock.time) };
}

Deno.test("createTerminal() rewrites one line of a terminal and prints others above it", () => {
  const { terminal, texts } = recorder(20);
  terminal.log("start");
  terminal.progress("model: 1/2 steps, loss 4.2");
  terminal.progress("model: 2/2");
  terminal.log("end");
  terminal.log("report");
  assert.deepEqual(texts, [
    "start\n",
    "\rmodel: 1/2 steps, l\x1b[K",
    "\rmodel: 2/2\x1b[K",
    "\r\x1b[K",
    "end\n",
    "report\n",
  ]);
});

Deno.test("createTerminal() prints progress every ten seconds where lines cannot be rewritten", () => {
  const { terminal, texts, clock } = recorder(undefined);
  for (let second = 0; second <= 25; second++) {
    clock.time = second * 1000;
    terminal.progress(`second ${second}`);
  }
  assert.deepEqual(texts, ["second 10\n", "second 20\n"]);
});

Deno.test("createTerminal() lets no data steer the terminal", () => {
  const { terminal, texts } = recorder(80);
  terminal.log("a\x1b[2Jb\rc\u009bd\tf\ng");
  assert.deepEqual(texts, ["a\ufffd[2Jb\ufffdc\ufffdd\tf\ng\n"]);
});
