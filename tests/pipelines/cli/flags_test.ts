import assert from "node:assert/strict";
import { choiceOf, countOf, FlagError, parseFlags } from "../../../pipelines/cli/flags.ts";

const known = { set: "values", out: "value", threads: "value", json: "switch" } as const;

Deno.test("parseFlags() tells words, values and switches apart", () => {
  const flags = parseFlags(
    ["a.yaml", "--set", "x=1", "--json", "--set=y={z: -2}", "--out", "dir", "--set", "x=a=b"],
    known,
  );
  assert.deepEqual(flags.words, ["a.yaml"]);
  assert.deepEqual(flags.values("set"), ["x=1", "y={z: -2}", "x=a=b"]);
  assert.equal(flags.value("out"), "dir");
  assert.equal(flags.has("json"), true);
  assert.equal(flags.has("threads"), false);
  assert.equal(flags.value("threads"), undefined);
});

Deno.test("parseFlags() ignores the first --", () => {
  for (const args of [["--", "a", "--json"], ["a", "--", "--json"]]) {
    const flags = parseFlags(args, known);
    assert.deepEqual([flags.words, flags.has("json")], [["a"], true]);
  }
});

const wrong: readonly [string[], string][] = [
  [["--jsn"], "Cannot read --jsn: there is no such flag, did you mean --json?"],
  [["--thread=3"], "Cannot read --thread: there is no such flag, did you mean --threads?"],
  [
    ["--learning-rate", "3"],
    "Cannot read --learning-rate: there is no such flag, there are --set, --out, --threads, --json",
  ],
  [["-q"], "Cannot read -q: there is no such flag, there are --set, --out, --threads, --json"],
  [["--json=yes"], "Cannot read --json=yes: --json takes no value"],
  [["--out"], "Cannot read --out: it needs a value"],
  [
    ["--__proto__"],
    "Cannot read --__proto__: there is no such flag, " +
    "there are --set, --out, --threads, --json",
  ],
];
for (const [args, message] of wrong) {
  Deno.test(`parseFlags() refuses ${args.join(" ")}`, () => {
    assert.throws(() => parseFlags(args, known), new FlagError(message));
  });
}

Deno.test("choiceOf() takes one of the choices", () => {
  const choose = (...args: string[]) =>
    choiceOf(parseFlags(args, known), "out", ["svg", "mermaid"]);
  assert.equal(choose("--out", "svg"), "svg");
  assert.equal(choose(), undefined);
  assert.throws(() => choose("--out", "mermad"), {
    message: "Cannot read --out mermad: did you mean mermaid?",
  });
  assert.throws(() => choose("--out", "png"), {
    message: "Cannot read --out png: expected one of svg, mermaid",
  });
});

Deno.test("countOf() takes whole numbers of 1 or more", () => {
  const count = (...args: string[]) => countOf(parseFlags(args, known), "threads");
  assert.equal(count("--threads", "12"), 12);
  assert.equal(count(), undefined);
  for (const text of ["0", "-1", "1.5", "two", "", "1e3", "99999999999999999"]) {
    assert.throws(() => count(`--threads=${text}`), {
      message: `Cannot read --threads ${text}: expected a whole number of 1 or more`,
    });
  }
});

Deno.test("parseFlags() says so where a task has no flags", () => {
  const message = "Cannot read -x: this task has no flags";
  assert.throws(() => parseFlags(["-x"], {}), new FlagError(message));
});
