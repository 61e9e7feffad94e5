/** Flags of the tasks: read strictly, with a suggestion for a misspelt one. */

import { parseArgs } from "node:util";
import { suggest } from "../schema/suggest.ts";
import { laterFlags } from "./later.ts";

/** A flag: `switch` has no value, `value` has one, `values` may be given more than once. */
export type FlagKind = "switch" | "value" | "values";

/** What was given on a command line. */
export interface Flags {
  /** Words that are no flags. */
  readonly words: readonly string[];
  has(flag: string): boolean;
  /** The value of a flag, the last if it was given more than once. */
  value(flag: string): string | undefined;
  values(flag: string): readonly string[];
}

/** Thrown for a command line that cannot be understood. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/** Reads the arguments of a task. */
export function parseFlags(
  args: readonly string[],
  known: Readonly<Record<string, FlagKind>>,
): Flags {
  // `npm run` and others leave a `--` in front of what they pass on.
  const separator = args.indexOf("--");
  const { tokens, positionals } = parseArgs({
    args: separator < 0 ? [...args] : args.toSpliced(separator, 1),
    options: Object.fromEntries(
      Object.entries(known).map(([name, kind]) => [
        name,
        { type: kind === "switch" ? "boolean" : "string", multiple: true },
      ]),
    ),
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) throw new FlagError(unknownFlag(rawName, name, Object.keys(known)));
    if (kind === "switch" && value !== undefined) {
      throw new FlagError(`Cannot read --${name}=${value}: --${name} takes no value`);
    }
    if (kind !== "switch" && value === undefined) {
      throw new FlagError(`Cannot read --${name}: it needs a value`);
    }
    given.set(name, [...given.get(name) ?? [], value ?? ""]);
  }
  return {
    words: positionals,
    has: (flag) => given.has(flag),
    value: (flag) => given.get(flag)?.at(-1),
    values: (flag) => given.get(flag) ?? [],
  };
}

function unknownFlag(written: string, name: string, known: readonly string[]): string {
  if (Object.hasOwn(laterFlags, name)) return `Cannot read ${written}: ${laterFlags[name]}`;
  const near = suggest(name, known);
  const list = known.map((flag) => `--${flag}`).join(", ");
  if (known.length === 0) return `Cannot read ${written}: this task has no flags`;
  return `Cannot read ${written}: there is no such flag, ` +
    (near === undefined ? `there are ${list}` : `did you mean --${near}?`);
}

/** The one of `choices` that a flag names; undefined if it was not given. */
export function choiceOf<T extends string>(
  flags: Flags,
  flag: string,
  choices: readonly T[],
): T | undefined {
  const value = flags.value(flag);
  if (value === undefined) return undefined;
  const choice = choices.find((each) => each === value);
  if (choice !== undefined) return choice;
  const near = suggest(value, choices);
  throw new FlagError(
    `Cannot read --${flag} ${value}: ` +
      (near === undefined ? `expected one of ${choices.join(", ")}` : `did you mean ${near}?`),
  );
}

/** The whole number of 1 or more that a flag gives; undefined if it was not given. */
export function countOf(flags: Flags, flag: string): number | undefined {
  const value = flags.value(flag);
  if (value === undefined) return undefined;
  const count = Number(value);
  if (/^[0-9]+$/.test(value) && Number.isSafeInteger(count) && count > 0) return count;
  throw new FlagError(`Cannot read --${flag} ${value}: expected a whole number of 1 or more`);
}
