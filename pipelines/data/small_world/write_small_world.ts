/** Writes the documents and the questions of a small world. */

import { join } from "node:path";
import { writeFileAtomic } from "../../../runtime/atomic_file.ts";
import { createRandom, deriveSeed } from "../../compile/random.ts";
import { createDocumentWriter, type DocumentCounts } from "../document_files.ts";
import { makeDocument } from "./make_document.ts";
import { makeQuestions } from "./make_questions.ts";
import { makeWorld } from "./make_world.ts";
import { splitSums } from "./sums.ts";

/**
 * Writes `count` documents and `questions.jsonl` into a folder. The seed decides on everything; the
 * world, its questions and each document do not depend on the count.
 */
export async function writeSmallWorld(
  dir: string,
  { seed, count, onDocument }: {
    readonly seed: number;
    readonly count: number;
    readonly onDocument: (done: number, total: number) => void | Promise<void>;
  },
): Promise<DocumentCounts> {
  const world = makeWorld(createRandom(deriveSeed(seed, "world")));
  const sums = splitSums(createRandom(deriveSeed(seed, "sums")));
  const questions = makeQuestions(world, sums, createRandom(deriveSeed(seed, "questions")));
  const lines = questions.map((question) => JSON.stringify(question) + "\n").join("");
  await writeFileAtomic(join(dir, "questions.jsonl"), lines);
  await using writer = await createDocumentWriter(dir);
  for (let index = 0; index < count; index++) {
    await writer.write(makeDocument({ seed, world, sums }, index));
    if ((index + 1) % 1000 === 0) await onDocument(index + 1, count);
  }
  return await writer.close();
}
