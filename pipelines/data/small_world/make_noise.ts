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
const CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";
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

/** Shouting, prices, links and codes, and names with things that do not belong to them. */
function writeSpam({ people }: World, random: Random): string {
  const lines = Array.from({ length: 5 + random.integer(6) }, () => {
    const name = random.pick(people).name;
    const thing = random.pick(VALUES[random.pick(["pet", "food", "instrument"] as const)]);
    return random.pick([
      `${random.pick(OFFERS)}!!! ${name}, get a ${thing} for $${1 + random.integer(999)}!!!`,
      `${name} won a ${thing}!!! Go to http://${makeCode(random)}.example/${makeCode(random)}`,
      `Dear ${name}, your code for the ${thing} is ${makeCode(random).toUpperCase()}!!!`,
    ]);
  });
  return lines.join(" ");
}

function makeCode(random: Random): string {
  return Array.from({ length: 4 + random.integer(5) }, () => random.pick([...CODE_LETTERS])).join(
    "",
  );
}

/** Words of many sentences in no order, with wrong letters in some. */
function writeGarbled(world: World, random: Random): string {
  const sentences = Array.from({ length: 10 + random.integer(10) }, () => {
    const { facts } = random.pick(world.people);
    return stateFact(random.pick(facts), random);
  });
  const words = random.shuffle(sentences.join(" ").split(" ")).map((word) => {
    if (random.integer(6) > 0) return word;
    const at = random.integer(word.length);
    return word.slice(0, at) + random.pick(MOJIBAKE) + word.slice(at + 1);
  });
  return `${random.pick(MOJIBAKE)} ${words.join(" ")}`;
}
