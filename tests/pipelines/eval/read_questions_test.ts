import assert from "node:assert/strict";
import { readQuestions } from "../../../pipelines/eval/read_questions.ts";
import { withFolder } from "../data/_run_stage.ts";

Deno.test("readQuestions() reads questions, and makes up ids and kinds", () =>
  withFolder(async (dir) => {
    const path = `${dir}/q.jsonl`;
    const full = { id: "a", prompt: "p", choices: ["x", "y"], answer: 1, kind: "k" };
    await Deno.writeTextFile(
      path,
      `${JSON.stringify(full)}\n\n{"prompt": "", "choices": ["x", "y"], "answer": 0}\n`,
    );
    assert.deepEqual(await readQuestions(path), [
      full,
      { id: "3", prompt: "", choices: ["x", "y"], answer: 0, kind: "question" },
    ]);
  }));

Deno.test("readQuestions() says which line is wrong, and how", () =>
  withFolder(async (dir) => {
    const path = `${dir}/q.jsonl`;
    const fails = async (line: string, detail: string) => {
      await Deno.writeTextFile(
        path,
        `{"prompt": "p", "choices": ["x", "y"], "answer": 0}\n${line}\n`,
      );
      await assert.rejects(readQuestions(path), {
        message: `${path}:2: Cannot read the question: ${detail}`,
      });
    };
    await fails('{"choices": ["x", "y"], "answer": 0}', "prompt is missing, should be a text");
    await fails(
      '{"prompt": "p", "choices": ["x"], "answer": 0}',
      'choices is ["x"], should be a list of two or more texts',
    );
    await fails(
      '{"prompt": "p", "choices": ["x", 2], "answer": 0}',
      'choices is ["x",2], should be a list of two or more texts',
    );
    await fails(
      '{"prompt": "p", "choices": ["x", "y"], "answer": 2}',
      "answer is 2, should be a number from 0 to 1",
    );
    await fails(
      '{"prompt": "p", "choices": ["x", "y"], "answer": "x"}',
      'answer is "x", should be a number from 0 to 1',
    );
    await fails('{"prompt": "p", "choices": ["x", ""], "answer": 0}', "a choice is empty");
    await fails("[]", "it is a list, should be a JSON object");
    await Deno.writeTextFile(path, "\n");
    await assert.rejects(readQuestions(path), {
      message: `${path}: Cannot read the questions: the file has none`,
    });
  }));
