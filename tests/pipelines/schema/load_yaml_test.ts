import assert from "node:assert/strict";
import { loadYaml, maxBytes, maxNodes } from "../../../pipelines/schema/load_yaml.ts";
import { formatProblem } from "../../../pipelines/schema/problem.ts";
import { locate, plain } from "../../../pipelines/schema/tree.ts";

const source = { name: "f.yaml", folder: "/", flag: false };

/** The plain value of a text that has no problems. */
function value(text: string): unknown {
  const { tree, problems } = loadYaml(text, source);
  assert.deepEqual(problems.map(formatProblem), []);
  assert.ok(tree);
  return plain(tree);
}

/** The problems of a text. */
function problems(text: string): string[] {
  return loadYaml(text, source).problems.map(formatProblem);
}

Deno.test("loadYaml() gives numbers, words, lists and maps", () => {
  assert.deepEqual(
    value(
      "a: 6E-4\nb: [1, .5, 0x10, -3, 0, 0.0, +2]\nc: {d: true, e: null, f: }\ng: 'yes'\nh: text",
    ),
    {
      a: 6e-4,
      b: [1, 0.5, 16, -3, 0, 0, 2],
      c: { d: true, e: null, f: null },
      g: "yes",
      h: "text",
    },
  );
});

Deno.test("loadYaml() takes -0 for 0, so that resolving is stable", () => {
  assert.ok(Object.is((value("a: -0") as { a: number }).a, 0));
  assert.ok(Object.is((value("a: -0.0") as { a: number }).a, 0));
});

Deno.test("loadYaml() places keys and values, also behind a byte order mark and with CRLF", () => {
  const { tree } = loadYaml("\uFEFFa: 1\r\nbb:\r\n  - x\r\n  - {c: y}\r\n", source);
  assert.ok(tree);
  const at = (...path: (string | number)[]) => {
    const { tree: { place }, key } = locate(tree, path);
    return `${key?.line}:${key?.column} ${place.line}:${place.column}`;
  };
  assert.equal(at("bb"), "2:1 3:3");
  assert.equal(at("bb", 0), "undefined:undefined 3:5");
  assert.equal(at("bb", 1, "c"), "4:6 4:9");
});

Deno.test("loadYaml() counts columns in UTF-16 units", () => {
  assert.deepEqual(problems('{"a😀": 1, b: *x}'), [
    'f.yaml:1:15: alias "*x", expected the value itself; aliases are not used',
  ]);
});

Deno.test("loadYaml() gives the empty value for an empty text", () => {
  for (const text of ["", "\n", "# nothing\n", "---\n", "...\n", "~"]) {
    assert.equal(value(text), null);
  }
});

Deno.test("loadYaml() refuses a text that is too large, in bytes", () => {
  const refused = "f.yaml:1:1: the file is too large, expected at most 256 KiB";
  assert.equal(value(`a: ${"x".repeat(maxBytes - 3)}`) !== undefined, true);
  assert.deepEqual(problems(`a: ${"x".repeat(maxBytes - 2)}`), [refused]);
  assert.deepEqual(problems(`a: ${"ä".repeat(maxBytes / 2)}`), [refused]);
});

Deno.test("loadYaml() refuses more keys and values than it may have", () => {
  const items = maxNodes - 1;
  assert.equal((value(`[${"1,".repeat(items - 1)}1]`) as unknown[]).length, items);
  const { tree, problems } = loadYaml(`[${"1,".repeat(items)}1]`, source);
  assert.equal(tree, undefined);
  assert.deepEqual(problems.map(formatProblem), [
    "f.yaml:1:100000: the file has too many keys and values, expected at most 50000",
  ]);
});

Deno.test("loadYaml() refuses nesting deeper than 64 in brackets, dashes and indentation", () => {
  const indented = (depth: number) =>
    Array.from({ length: depth }, (_, i) => `${" ".repeat(i)}a:`).join("\n");
  assert.ok(value("[".repeat(64) + "]".repeat(64)));
  assert.deepEqual(problems("[".repeat(3000)), [
    "f.yaml:1:65: brackets are nested too deep, expected at most 64",
  ]);
  assert.deepEqual(problems("{a: ".repeat(20_000)), [
    "f.yaml:1:257: brackets are nested too deep, expected at most 64",
  ]);
  assert.ok(value("- ".repeat(64)));
  assert.match(problems("- ".repeat(66))[0], /^f.yaml:1:\d+: values are nested too deep/);
  assert.match(problems("- ".repeat(60_000))[0], /^f.yaml:1:\d+: values are nested too deep/);
  assert.deepEqual(problems("? ".repeat(60_000)), [
    "f.yaml:1:3: a key is not plain text, expected a word",
  ]);
  assert.ok(value(indented(64)));
  assert.match(problems(indented(700))[0], /^f.yaml:\d+:\d+: values are nested too deep/);
});

Deno.test("loadYaml() does not count brackets in quotes and comments", () => {
  const many = "[".repeat(100);
  assert.deepEqual(value(`# ${many}\na: "${many}\\"${many}"\nb: '${many}''${many}'`), {
    a: `${many}"${many}`,
    b: `${many}'${many}`,
  });
});

Deno.test("loadYaml() names a key that is given twice, also if one of both is quoted", () => {
  assert.deepEqual(problems('a: 1\nb: 2\n"a": 3\n'), [
    'f.yaml:3:1: key "a" is given twice, expected it once; the first is at 1:1',
  ]);
});

Deno.test("loadYaml() does not resolve aliases, and gives no value that has some", () => {
  const bomb = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`);
  const { tree, problems } = loadYaml(`a: &a-1 x\n${bomb.join("\n")}`, source);
  assert.equal(tree, undefined);
  assert.equal(problems.length, 91);
});

Deno.test("loadYaml() tells what to write instead of words and numbers that mislead", () => {
  const found = problems(
    "a: Yes\nb: 10_000\nc: 0b11\nd: 0777\ne: 9007199254740993\nf: 1e400\ng: .NaN\nh: 1e-400\n" +
      "i: 12e4567\nj: -9007199254740992.0\n",
  );
  assert.deepEqual(found, [
    'f.yaml:1:4: "Yes" is text in YAML 1.2, expected true or false, or quotes',
    'f.yaml:2:4: "10_000" is text in YAML 1.2, expected 10000, or quotes',
    'f.yaml:3:4: "0b11" is text in YAML 1.2, expected a decimal number, or quotes',
    "f.yaml:4:4: 0777 has a leading zero, expected 777, or quotes",
    "f.yaml:5:4: 9007199254740993 is too large to be kept exactly, expected at most 2^53 - 1, or quotes",
    "f.yaml:6:4: 1e400 is not a finite number, expected a number, or quotes",
    "f.yaml:7:4: .NaN is not a finite number, expected a number, or quotes",
    "f.yaml:8:4: 1e-400 is too small: it would become 0, expected 0, or a larger number",
    "f.yaml:9:4: 12e4567 is not a finite number, expected a number, or quotes",
    "f.yaml:10:4: -9007199254740992.0 is too large to be kept exactly, expected at most 2^53 - 1, or quotes",
  ]);
});

Deno.test("loadYaml() lets quoted words and exact numbers be", () => {
  assert.deepEqual(value("a: 'off'\nb: \"10_000\"\nc: 9007199254740991\nd: 1e18\ne: 0.5\nf: 00x"), {
    a: "off",
    b: "10_000",
    c: 9007199254740991,
    d: 1e18,
    e: 0.5,
    f: "00x",
  });
});
