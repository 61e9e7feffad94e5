/** Sums of two small numbers; some pairs are kept for questions and stand in no document. */

import type { Random } from "../../compile/random.ts";

/** Two numbers to be added. */
export type Operands = readonly [number, number];

/** All pairs, in two parts; a pair and its reverse are in the same one. */
export interface Sums {
  readonly taught: readonly Operands[];
  readonly asked: readonly Operands[];
}

/** Operands go from 1 to this. */
export const MAX_OPERAND = 20;
/** The part of the pairs, not counting reversed ones, that is asked. */
const ASKED_SHARE = 0.25;

/** Splits the pairs at random. */
export function splitSums(random: Random): Sums {
  const pairs: Operands[] = [];
  for (let a = 1; a <= MAX_OPERAND; a++) {
    for (let b = a; b <= MAX_OPERAND; b++) pairs.push([a, b]);
  }
  random.shuffle(pairs);
  const border = Math.floor(pairs.length * ASKED_SHARE);
  const bothWays = (part: readonly Operands[]) =>
    part.flatMap(([a, b]): Operands[] => a === b ? [[a, b]] : [[a, b], [b, a]]);
  return { asked: bothWays(pairs.slice(0, border)), taught: bothWays(pairs.slice(border)) };
}

/** A sentence that states a sum. */
export function stateSum([a, b]: Operands, random: Random): string {
  const c = a + b;
  return random.pick([
    `${a} + ${b} = ${c}.`,
    `${a} + ${b} = ${c}.`,
    `The sum of ${a} and ${b} is ${c}.`,
    `If you add ${b} to ${a} you get ${c}.`,
  ]);
}

/** A prompt that the sum completes, after a space; it stands in no document. */
export function askSum([a, b]: Operands): string {
  return `What is ${a} plus ${b}? ${a} + ${b} =`;
}
