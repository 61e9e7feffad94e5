/** Documents that nobody wants to learn from. */

import type { Random } from "../../compile/random.ts";
import { VALUES, type World } from "./make_world.ts";
import { stateFact } from "./state_fact.ts";

/** What is wrong with a document. */
export type NoiseKind = "boilerplate" | "spam" | "garbled";

const MENU = [
  "Home",
  "News",
  "About us",
  "Contact",
  "Shop",
  "Sign in",
  "Help",
  "Search",
  "Archive",
];
const NOTICES = [
  "We use cookies to make this page better.",
  "By using this page you accept our terms of use.",
  "Read our privacy policy before you go on.",
  "All rights reserved.",
  "This page needs a newer browser.",
  "Click here to subscribe to our letter.",
  "Please turn on scripts to see this page.",
];
const OFFERS = ["WIN A FREE PRIZE", "BUY NOW", "LIMITED OFFER", "BEST PRICE EVER", "CALL TODAY"];
/** What is left of letters that were read in the wrong encoding. */
const MOJIBAKE = ["Ã©", "â€™", "Ã¼", "ï¿½", "Â°", "â€œ"];

/** The text of such a document. */
export function makeNoise(kind: NoiseKind, world: World, random: Random): string {
  switch (kind) {
    case "boilerplate":
      return writeBoilerplate(random);
    case "spam":
      return writeSpam(world, random);
    case "garbled":
      return writeGarbled(world, random);
  }
}

function writeBoilerplate(random: Random): string {
  const menu = random.shuffle([...MENU]).slice(0, 4 + random.integer(4)).join(" | ");
  const notices = random.shuffle([...NOTICES]).slice(0, 3 + random.integer(3));
  return [menu, ...notices, `Copyright ${2000 + random.integer(25)}. ${menu}`].join(" ");
}

/** Shouting, prices, links, and names with things that do not belong to them. */
function writeSpam({ people }: World, random: Random): string {
  const lines = Array.from({ length: 4 + random.integer(5) }, () => {
    const name = random.pick(people).name;
    const thing = random.pick(
      VALUES[random.pick(["pet", "food", "instrument"] as const)],
    );
    return random.pick([
      `${random.pick(OFFERS)}!!! ${name} likes the new ${thing} for $${1 + random.integer(99)}!!!`,
      `${name} plays the winning ${thing}!!! Go to http://win${random.integer(100)}.example`,
      `Dear ${name}, your ${thing} is waiting!!! ${random.pick(OFFERS)}!!!`,
    ]);
  });
  return lines.join(" ");
}

/** Sentences whose words were mixed up: names and values of different facts, wrong letters between. */
function writeGarbled({ people }: World, random: Random): string {
  const sentences = Array.from({ length: 8 + random.integer(8) }, () => {
    const { name, facts } = random.pick(people);
    const { relation } = random.pick(facts);
    const value = random.pick(VALUES[relation]);
    const sentence = stateFact({ subject: name, relation, value }, random);
    const at = random.integer(sentence.length);
    return random.integer(3) === 0
      ? sentence.slice(0, at) + random.pick(MOJIBAKE) + sentence.slice(at)
      : sentence;
  });
  return `${random.pick(MOJIBAKE)} ${sentences.join(" ")}`;
}
