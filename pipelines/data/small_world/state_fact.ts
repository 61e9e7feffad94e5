/** How facts are said: sentences for documents, and other ones for questions. */

import type { Random } from "../../compile/random.ts";
import type { Fact, Relation } from "./make_world.ts";

/** Sentences that state a fact: `S` stands for the subject, `V` for the value. */
const STATEMENTS: Readonly<Record<Relation, readonly string[]>> = {
  home: [
    "S lives in V.",
    "S has a house in V.",
    "The home of S is in V.",
    "You can visit S in V.",
    "After a long journey S came home to V.",
    "In V everybody knows S.",
  ],
  job: [
    "S works as a V.",
    "S earns money as a V.",
    "The job of S is to be a V.",
    "Years ago S became a V.",
    "S is known as a good V.",
    "If you need a V, ask S.",
  ],
  food: [
    "S likes to eat V.",
    "S eats V every day.",
    "The food that S likes best is V.",
    "For dinner S wants V.",
    "At the market S buys V.",
    "Who likes V? S does.",
  ],
  pet: [
    "S keeps a V.",
    "The pet of S is a V.",
    "S feeds the V in the morning.",
    "S goes for a walk with the V.",
    "S takes good care of the V.",
    "There is a V in the garden of S.",
  ],
  instrument: [
    "S plays the V.",
    "In the evening S plays the V.",
    "S is learning to play the V.",
    "S bought a new V.",
    "At the feast S played the V.",
    "The sound of the V comes from the house of S.",
  ],
  river: [
    "S lies on the river V.",
    "In S there is an old bridge over the river V.",
    "The people of S swim in the river V.",
    "The river V flows through S.",
  ],
  product: [
    "S is known for V.",
    "Traders go to S to buy V.",
    "In S they make V.",
    "The best V comes from S.",
  ],
};

/** Questions, none of which stands in a document: the value goes behind them. */
const QUESTIONS: Readonly<Record<Relation, readonly string[]>> = {
  home: ["Where does S live? S lives in", "In which town is the home of S? The home of S is in"],
  job: ["What is the job of S? S works as a", "How does S earn money? S earns money as a"],
  food: ["What does S like to eat? S likes to eat", "What does S eat? S eats"],
  pet: ["Which animal does S keep? S keeps a", "Which pet does S have? The pet of S is a"],
  instrument: [
    "Which instrument does S play? S plays the",
    "What is S learning to play? S is learning to play the",
  ],
  river: [
    "Which river flows through S? S lies on the river",
    "Where do the people of S swim? The people of S swim in the river",
  ],
  product: [
    "What is S known for? S is known for",
    "What do traders buy in S? Traders go to S to buy",
  ],
};

/** A sentence that states the fact. */
export function stateFact(fact: Fact, random: Random): string {
  return fill(random.pick(STATEMENTS[fact.relation]), fact.subject, fact.value);
}

/** Prompts that the value of the fact completes, after a space. */
export function askFact(fact: Fact): readonly string[] {
  return QUESTIONS[fact.relation].map((template) => fill(template, fact.subject, ""));
}

function fill(template: string, subject: string, value: string): string {
  return template.replace(/\b[SV]\b/g, (letter) => letter === "S" ? subject : value);
}
