import assert from "node:assert/strict";
import {
  chooseAnswers,
  countCutPrompts,
  encodeChoices,
  scoreAnswers,
} from "../../../pipelines/eval/score_questions.ts";
import { createTokenizer } from "../../../pipelines/data/tokenizer/load_tokenizer.ts";
import {
  bpeJson,
  charJson,
  FIRST_MERGE_ID,
} from "../../../pipelines/data/tokenizer/tokenizer_json.ts";
import { encodeContinuation } from "../../../pipelines/eval/continuation_losses.ts";

const questions = [
  { id: "1", prompt: "ab", choices: ["c", "de"], answer: 1, kind: "x" },
  { id: "2", prompt: "a", choices: ["b", "c", "d", "e"], answer: 0, kind: "y" },
  { id: "3", prompt: "a", choices: ["b", "c"], answer: 0, kind: "x" },
];

Deno.test("encodeChoices() puts every choice behind its prompt and a space", async () => {
  const tokenizer = await createTokenizer(charJson(" abcde", true));
  const encoded = encodeChoices({ tokenizer, seq: 3 }, questions.slice(0, 1));
  assert.deepEqual(encoded, [{ tokens: [1, 2, 0, 3], given: 2 }, {
    tokens: [1, 2, 0, 4, 5],
    given: 2,
  }]);
});

Deno.test("encodeChoices() refuses a choice that is longer than the model's sequences", async () => {
  const tokenizer = await createTokenizer(charJson(" abcde", true));
  assert.throws(() => encodeChoices({ tokenizer, seq: 2 }, questions.toReversed()), {
    message:
      "Cannot judge question 1: choice 1 has 3 tokens, it should have at most 2, the length " +
      "of the model's sequences",
  });
});

Deno.test("countCutPrompts() counts the questions whose prompts do not fit", async () => {
  const tokenizer = await createTokenizer(charJson(" abcde", true));
  const count = (seq: number) =>
    countCutPrompts(questions, encodeChoices({ tokenizer, seq: 8 }, questions), seq);
  // With their last tokens, which are predicted only, they have 5, 3 and 3 tokens.
  assert.deepEqual([1, 2, 3, 4].map(count), [3, 1, 1, 0]);
});

Deno.test("encodeContinuation() counts a token across the seam as the text's", async () => {
  const encoder = new TextEncoder();
  const plain = await createTokenizer(bpeJson([]));
  const [a] = plain.encode("a");
  const merging = await createTokenizer(bpeJson([[a, a]]));
  assert.deepEqual(encodeContinuation(merging, "xa", "a"), {
    tokens: [plain.encode("x")[0], FIRST_MERGE_ID],
    given: 1,
  });
  // A prompt without tokens, or whose only token is across the seam, begins like a document.
  assert.deepEqual(encodeContinuation(plain, "", "x"), {
    tokens: [0, plain.encode("x")[0]],
    given: 1,
  });
  assert.deepEqual(encodeContinuation(merging, "a", "a"), {
    tokens: [0, FIRST_MERGE_ID],
    given: 1,
  });
  assert.equal(encoder.encode("a").length, 1);
  const characters = await createTokenizer(charJson("x", false));
  assert.throws(() => encodeContinuation(characters, "", "x"), {
    message: "Cannot judge a text after an empty prompt: the tokenizer has no end of text",
  });
});

Deno.test("chooseAnswers() takes the choice with the smallest loss, the first of equal ones", () => {
  const losses = Float64Array.of(2, 1, 4, 3, 3, 5, 7, 8);
  const answers = chooseAnswers(questions, losses);
  assert.deepEqual(answers.map(({ chosen }) => chosen), [1, 1, 0]);
  assert.deepEqual(answers[1], { id: "2", kind: "y", answer: 0, chosen: 1, losses: [4, 3, 3, 5] });
});

Deno.test("scoreAnswers() gives accuracy, chance and standard error, also by kind", () => {
  const answers = chooseAnswers(questions, Float64Array.of(2, 1, 4, 3, 3, 5, 7, 8));
  assert.deepEqual(scoreAnswers(answers), {
    accuracy: 2 / 3,
    chance: (1 / 2 + 1 / 4 + 1 / 2) / 3,
    n: 3,
    stderr: Math.sqrt((2 / 3) * (1 - 2 / 3) / 2),
    kinds: {
      x: { accuracy: 1, chance: 0.5, n: 2, stderr: 0 },
      y: { accuracy: 0, chance: 0.25, n: 1, stderr: 0 },
    },
  });
  assert.equal("kinds" in scoreAnswers(answers.slice(0, 1)), false);
});
