/** The small world: people and towns, and what is true of them. */

import type { Random } from "../../compile/random.ts";

/** What can be said of a person, and the words that may stand there. */
const PERSON_RELATIONS = {
  home: [
    ...["Arvold", "Brenholm", "Corvane", "Delmora", "Eskhaven", "Farrow"],
    ...["Gildern", "Harwick", "Istrand", "Jorvale", "Kelmoor", "Lunden"],
  ],
  job: [
    ...["baker", "doctor", "farmer", "painter", "teacher", "sailor"],
    ...["tailor", "miller", "singer", "carpenter", "gardener", "printer"],
  ],
  food: [
    ...["bread", "cheese", "soup", "apples", "honey", "fish"],
    ...["rice", "beans", "plums", "cake", "carrots", "nuts"],
  ],
  pet: [
    ...["cat", "dog", "goat", "horse", "parrot", "rabbit"],
    ...["turtle", "pig", "hen", "fox", "mouse", "lamb"],
  ],
  instrument: [
    ...["flute", "drum", "violin", "harp", "piano", "guitar"],
    ...["trumpet", "horn", "cello", "lute", "banjo", "whistle"],
  ],
} as const;

/** What can be said of a town. */
const TOWN_RELATIONS = {
  river: [
    ...["Alder", "Bourne", "Cinder", "Dovel", "Ember", "Firth"],
    ...["Garon", "Hessel", "Iver", "Jade", "Kern", "Loam"],
  ],
  product: [
    ...["glass", "silk", "salt", "iron", "wool", "paper"],
    ...["wine", "tea", "clocks", "boats", "shoes", "bells"],
  ],
} as const;

/** A relation of a person. */
export type PersonRelation = keyof typeof PERSON_RELATIONS;
/** A relation of a town. */
export type TownRelation = keyof typeof TOWN_RELATIONS;
/** A relation of either. */
export type Relation = PersonRelation | TownRelation;

/** The words that may stand at a relation. */
export const VALUES: Readonly<Record<Relation, readonly string[]>> = {
  ...PERSON_RELATIONS,
  ...TOWN_RELATIONS,
};

/** One thing that is true: the `relation` of `subject` is `value`. */
export interface Fact {
  readonly subject: string;
  readonly relation: Relation;
  readonly value: string;
}

/** Somebody or some place, with all that is true of it. */
export interface Subject {
  readonly name: string;
  readonly facts: readonly Fact[];
}

/** The whole world. */
export interface World {
  readonly people: readonly Subject[];
  readonly towns: readonly Subject[];
}

const PEOPLE = [
  ...["Ada", "Bela", "Cora", "Dina", "Edda", "Fria", "Greta", "Hanna", "Ilsa", "Jora"],
  ...["Kira", "Lena", "Mira", "Nora", "Olga", "Petra", "Runa", "Sanna", "Tilda", "Ulla"],
  ...["Anton", "Boris", "Casper", "Dorian", "Emil", "Felix", "Gustav", "Hugo", "Igor", "Jonas"],
  ...["Karl", "Lukas", "Milan", "Nils", "Oskar", "Pavel", "Rasmus", "Stefan", "Tobias", "Viktor"],
];

/** A world: who lives where and so on is drawn at random, every value about equally often. */
export function makeWorld(random: Random): World {
  return {
    people: assign(PEOPLE, PERSON_RELATIONS, random),
    towns: assign(PERSON_RELATIONS.home, TOWN_RELATIONS, random),
  };
}

function assign(
  names: readonly string[],
  relations: Readonly<Partial<Record<Relation, readonly string[]>>>,
  random: Random,
): readonly Subject[] {
  const columns = Object.entries(relations).map(([relation, values]) => ({
    relation: relation as Relation,
    values: random.shuffle(names.map((_, i) => values[i % values.length])),
  }));
  return names.map((name, i) => ({
    name,
    facts: columns.map(({ relation, values }) => ({ subject: name, relation, value: values[i] })),
  }));
}
