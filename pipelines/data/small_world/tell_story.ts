/** Short stories in a controlled vocabulary, about people of the small world. */

import type { Random } from "../../compile/random.ts";
import type { World } from "./make_world.ts";
import { stateFact } from "./state_fact.ts";

const BEGINNINGS = ["One morning", "One day", "Last summer", "Once", "On a cold night"];
const PLACES = [
  "the old mill",
  "the market",
  "the forest",
  "the harbour",
  "the bridge",
  "the school",
];
const FINDS = [
  "a lost key",
  "a small box",
  "an old map",
  "a broken wheel",
  "a letter",
  "a lantern",
];
const FEELINGS = ["happy", "tired", "hungry", "curious", "afraid", "proud"];
const ENDINGS = [
  "They laughed and went home.",
  "From then on they were friends.",
  "Nobody ever heard of it again.",
  "It was a good day.",
];

/** A story of two people, with a fact about each. */
export function tellStory({ people }: World, random: Random): string {
  const [first, second] = random.shuffle([...people]);
  const find = random.pick(FINDS);
  const bare = find.replace(/^an? /, "");
  const place = random.pick(PLACES);
  return [
    `${random.pick(BEGINNINGS)} ${first.name} went to ${place}.`,
    stateFact(random.pick(first.facts), random),
    `At ${place} ${first.name} found ${find} and was ${random.pick(FEELINGS)}.`,
    `Then ${second.name} came along.`,
    stateFact(random.pick(second.facts), random),
    `"Is this your ${bare}?" asked ${first.name}.`,
    random.pick([
      `"Yes, it is my ${bare}," said ${second.name}.`,
      `"No, I have never seen it," said ${second.name}.`,
    ]),
    `${second.name} was ${random.pick(FEELINGS)}.`,
    random.pick(ENDINGS),
  ].join(" ");
}
