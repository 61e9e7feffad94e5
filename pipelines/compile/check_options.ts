/** The options of a program that runs a pipeline, checked as strictly as flags are. */

import { suggest } from "../schema/suggest.ts";
import { engineRequests } from "./choose_engine.ts";
import type { RunOptions } from "./run_pipeline.ts";

/** What an option has to be, and whether a value is that. */
interface Rule {
  readonly expected: string;
  readonly allows: (value: unknown) => boolean;
}

const text: Rule = { expected: "a text", allows: (value) => typeof value === "string" };
const truth: Rule = { expected: "true or false", allows: (value) => typeof value === "boolean" };
const called: Rule = { expected: "a function", allows: (value) => typeof value === "function" };

const rules: { readonly [Option in keyof Required<RunOptions>]: Rule } = {
  out: text,
  cwd: text,
  until: text,
  fresh: truth,
  locked: truth,
  profile: truth,
  log: called,
  progress: called,
  engine: {
    expected: `one of ${engineRequests.join(", ")}`,
    allows: (value) => engineRequests.some((engine) => engine === value),
  },
  threads: {
    expected: "a whole number of 1 or more",
    allows: (value) => Number.isSafeInteger(value) && Number(value) > 0,
  },
  set: {
    expected: "a list of texts path=value",
    allows: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  },
  signal: { expected: "an AbortSignal", allows: (value) => value instanceof AbortSignal },
};

/**
 * Throws for an option that is not known or not what it should be. `undefined` is as if it were
 * absent.
 */
export function checkOptions(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.entries(rules).find(([option]) => option === name)?.[1];
    if (rule === undefined) {
      const near = suggest(name, Object.keys(rules));
      throw new Error(
        `Cannot run with option ${name}: there is no such option, ` +
          (near ? `did you mean ${near}?` : `there are ${Object.keys(rules).join(", ")}`),
      );
    }
    if (value === undefined || rule.allows(value)) continue;
    const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
    throw new Error(`Cannot run with ${name} ${shown}: expected ${rule.expected}`);
  }
}
