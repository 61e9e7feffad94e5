/** The questions about a small world. */

import type { Random } from "../../compile/random.ts";
import type { Question } from "../question.ts";
import { VALUES, type World } from "./make_world.ts";
import { askFact } from "./state_fact.ts";
import { askSum, MAX_OPERAND, type Sums } from "./sums.ts";

/**
 * Two questions for every fact and one for every pair of numbers that is kept for questions. Wrong
 * choices are other values of the same relation, or other sums.
 */
export function makeQuestions(world: World, sums: Sums, random: Random): readonly Question[] {
  const questions: Question[] = [];
  const add = (prompt: string, right: string, all: readonly string[], kind: string) => {
    const wrong = random.shuffle(all.filter((value) => value !== right)).slice(0, 3);
    const choices = random.shuffle([right, ...wrong]);
    const id = `question-${String(questions.length).padStart(4, "0")}`;
    questions.push({ id, prompt, choices, answer: choices.indexOf(right), kind });
  };
  for (const { facts } of [...world.people, ...world.towns]) {
    for (const fact of facts) {
      for (const prompt of askFact(fact)) {
        add(prompt, fact.value, VALUES[fact.relation], fact.relation);
      }
    }
  }
  const results = Array.from({ length: 2 * MAX_OPERAND - 1 }, (_, i) => String(i + 2));
  for (const [a, b] of sums.asked) add(askSum([a, b]), String(a + b), results, "sum");
  return questions;
}
