import assert from "node:assert/strict";
import { parseWhere, WhereError } from "../../../pipelines/data/parse_where.ts";

const document = {
  id: "doc-1",
  text: "Grüße aus 漢字 🙂 and more",
  metadata: {
    kind: "news",
    score: 0.75,
    draft: false,
    tags: ["a", "b"],
    "odd name": 1,
    nested: { deep: { value: "x" } },
  },
};

Deno.test("parseWhere() gives the truth of conditions", () => {
  const truths: Record<string, boolean> = {
    'metadata.kind == "news"': true,
    "metadata.kind == 'news'": true,
    'metadata.kind != "spam" and len(text) > 20': true,
    'metadata.kind != "spam" && len(text) > 25': false,
    "len(text) == 23": true,
    "words(text) == 6": true,
    "metadata.score >= 0.75": true,
    "metadata.score > 7.5e-1": false,
    "metadata.score < 1 or metadata.missing": true,
    "not metadata.draft": true,
    "!metadata.draft and !(metadata.score < 0.5)": true,
    "metadata.draft == false": true,
    "metadata.missing == null": true,
    "metadata.missing != null": false,
    "metadata.kind": false,
    "metadata.missing < 3 or metadata.missing >= 3": false,
    'metadata.score < "x"': false,
    'metadata["odd name"] == 1': true,
    'metadata.nested.deep.value == "x"': true,
    "metadata.nested.deep.value.more == null": true,
    "metadata.toString == null": true,
    'contains(text, "漢字")': true,
    'contains(metadata.tags, "b")': true,
    'contains(metadata.tags, "c")': false,
    "len(metadata.tags) == 2": true,
    "len(metadata.score) == null": true,
    'starts_with(text, "Gr") and ends_with(text, "more")': true,
    'contains(lower(text), "grüße")': true,
    [String.raw`matches(text, "^\\p{Lu}\\w")`]: true,
    'matches(metadata.score, "0")': false,
    'contains(text, "\\u6f22")': true,
    "'it\\'s' == \"it's\"": true,
    "id == 'doc-1' and (true or false)": true,
    "false or false or true": true,
    "true and true and false": false,
    "not true or true": true,
    "-1 < metadata.score": true,
  };
  for (const [expression, expected] of Object.entries(truths)) {
    assert.equal(parseWhere(expression)(document), expected, expression);
  }
});

Deno.test("parseWhere() says at which column an expression is wrong", () => {
  const errors: Record<string, string> = {
    "": "at column 1, there is the end, should be a value",
    "metadata.kind = 3": 'at column 15, there is "=", should be "=="',
    "len(text": 'at column 9, there is the end, should be "," or ")"',
    "len(text)": "at column 1, there is a number, should be a condition",
    "text": "at column 1, there is a text, should be a condition",
    "size > 3":
      "at column 1, there is no size, there are id, text, metadata, len, words, lower, contains, " +
      "starts_with, ends_with, matches",
    "length(text) > 3": "at column 1, there is no function length, there are len, words, lower, " +
      "contains, starts_with, ends_with, matches",
    "len(text, 3) > 1": "at column 1, len is given 2 values, should be 1",
    'len(text) > "3"': "at column 11, a number is compared with a text",
    "true and 3": "at column 10, there is a number, should be a condition",
    'text == "abc': "at column 9, a text begins whose quote is never closed",
    'text == "\\q"': "at column 9, the text has an escape that JSON does not know",
    'matches(text, "(")': "at column 15, Invalid regular expression: /(/u: Unterminated group",
    "matches(text, id)": "at column 15, a pattern should be a text in quotes",
    "text.size > 1": "at column 1, text is a text and has no fields",
    "metadata.3 == 1": 'at column 10, there is "3", should be a name',
    "metadata[kind] == 1": "at column 10, a name in brackets should be in quotes",
    "true true": 'at column 6, there is "true", should be the end',
    "true # comment": 'at column 6, "#" is not expected',
  };
  for (const [expression, expected] of Object.entries(errors)) {
    assert.throws(() => parseWhere(expression), (error: unknown) => {
      assert.ok(error instanceof WhereError, String(error));
      const prefix = `Cannot read expression ${JSON.stringify(expression)}: `;
      assert.equal(error.message, prefix + expected);
      assert.equal(error.column, Number(/column (\d+)/.exec(expected)?.[1]));
      return true;
    });
  }
});

Deno.test("parseWhere() refuses what could exhaust the stack", () => {
  for (const opening of ["(", "not ", "!", "len("]) {
    assert.throws(() => parseWhere(opening.repeat(100_000)), /, it is nested too deeply$/);
  }
  assert.equal(
    parseWhere("not ".repeat(50) + "(".repeat(40) + "true" + ")".repeat(40))(document),
    true,
  );
  assert.equal(parseWhere("true and ".repeat(10_000) + "true")(document), true);
});
