/** The documents about a small world: good ones, and such as a filter should drop. */

import { createRandom, deriveSeed, type Random } from "../../compile/random.ts";
import type { Document } from "../document.ts";
import type { Fact, Subject, World } from "./make_world.ts";
import { makeNoise, type NoiseKind } from "./make_noise.ts";
import { stateFact } from "./state_fact.ts";
import { stateSum, type Sums } from "./sums.ts";
import { tellStory } from "./tell_story.ts";

/** What a document is; it stands in `metadata.kind`. */
export type DocumentKind =
  | "profile"
  | "town"
  | "notes"
  | "story"
  | "sums"
  | NoiseKind
  | "duplicate";

/** How many of a hundred documents are of a kind. */
const SHARES: readonly (readonly [DocumentKind, number])[] = [
  ["profile", 6],
  ["town", 4],
  ["notes", 14],
  ["story", 3],
  ["sums", 5],
  ["duplicate", 18],
  ["boilerplate", 12],
  ["spam", 18],
  ["garbled", 20],
];

/** Copies are made of documents before this one only, so that some of them are seen often. */
const COPIED = 200;

/** What documents are made of. */
export interface Sources {
  readonly seed: number;
  readonly world: World;
  readonly sums: Sums;
}

/** Document number `index` of a world: always the same, whichever were made before. */
export function makeDocument(sources: Sources, index: number): Document {
  const random = createRandom(deriveSeed(sources.seed, "document", index));
  const kind = drawKind(random);
  const id = `small_world-${String(index).padStart(6, "0")}`;
  if (kind === "duplicate") {
    const original = originalOf(sources, random.integer(Math.max(1, Math.min(index, COPIED))));
    return { id, text: original.text, metadata: { kind, of: original.id } };
  }
  return { id, text: writeText(kind, sources, random), metadata: { kind } };
}

/** The document of a number, or, if that is a copy, of the next number that is none. */
function originalOf(sources: Sources, index: number): Document {
  for (let next = index;; next++) {
    const random = createRandom(deriveSeed(sources.seed, "document", next));
    if (drawKind(random) !== "duplicate") return makeDocument(sources, next);
  }
}

function drawKind(random: Random): DocumentKind {
  let draw = random.integer(SHARES.reduce((sum, [, share]) => sum + share, 0));
  for (const [kind, share] of SHARES) {
    draw -= share;
    if (draw < 0) return kind;
  }
  return "notes";
}

function writeText(
  kind: Exclude<DocumentKind, "duplicate">,
  { world, sums }: Sources,
  random: Random,
): string {
  switch (kind) {
    case "profile":
      return writeProfile(pickPerson(world, random), random);
    case "town":
      return writeTown(random.pick(world.towns), world, random);
    case "notes":
      return writeNotes(world, 8 + random.integer(8), random);
    case "story":
      return tellStory(world, random);
    case "sums":
      return writeSums(sums, random);
    default:
      return makeNoise(kind, world, random);
  }
}

/** Everything about one person, in any order. */
function writeProfile({ name, facts }: Subject, random: Random): string {
  const sentences = random.shuffle([...facts]).map((fact) => stateFact(fact, random));
  return [`This is what we know about ${name}.`, ...sentences].join(" ");
}

/** A town and some who live there. */
function writeTown({ name, facts }: Subject, { people }: World, random: Random): string {
  const lives = ({ relation, value }: Fact) => relation === "home" && value === name;
  const neighbours = random.shuffle(people.filter((person) => person.facts.some(lives)));
  const sentences = [`${name} is a small town.`];
  for (const fact of random.shuffle([...facts])) sentences.push(stateFact(fact, random));
  for (const person of neighbours.slice(0, 3)) {
    const home = person.facts.filter(lives);
    const other = random.pick(person.facts.filter((fact) => !lives(fact)));
    for (const fact of [...home, other]) sentences.push(stateFact(fact, random));
  }
  return sentences.join(" ");
}

/** Facts about many, one after the other. */
function writeNotes(world: World, count: number, random: Random): string {
  const sentences = Array.from({ length: count }, () => {
    const { facts } = random.integer(10) === 0
      ? random.pick(world.towns)
      : pickPerson(world, random);
    return stateFact(random.pick(facts), random);
  });
  return sentences.join(" ");
}

/** People that everybody talks about. */
const FAMOUS = 8;

/** A person for a document: two times in five one of the famous. */
function pickPerson({ people }: World, random: Random): Subject {
  return people[random.integer(random.integer(5) < 2 ? FAMOUS : people.length)];
}

function writeSums({ taught }: Sums, random: Random): string {
  const sentences = Array.from({ length: 8 + random.integer(8) }, () => {
    if (random.integer(8) > 0) return stateSum(random.pick(taught), random);
    const number = 1 + random.integer(39);
    return `After ${number} comes ${number + 1}.`;
  });
  return sentences.join(" ");
}
