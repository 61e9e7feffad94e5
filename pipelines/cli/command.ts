/** What the tasks have in common: flags, errors, exit status. */

import { messageOf } from "../../runtime/system_reason.ts";
import { PipelineError, type Problem } from "../schema/problem.ts";
import { FlagError, type FlagKind, type Flags, parseFlags } from "./flags.ts";
import { createTerminal, type Output, standardOutput, type Terminal } from "./terminal.ts";

/** A task. */
export interface Command {
  /** How it is called, for its help and for errors. */
  readonly usage: string;
  readonly flags: Readonly<Record<string, FlagKind>>;
  run(call: Call): Promise<number> | number;
}

/** A call of a task. */
export interface Call {
  readonly flags: Flags;
  /** The arguments as they were given. */
  readonly args: readonly string[];
  /** The caller's folder: paths in flags are relative to it. */
  readonly cwd: string;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** Standard error. */
  readonly errors: Terminal;
}

/** Where a task is called. */
export interface Caller {
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
}

/** The caller of this process. */
function thisCaller(): Caller {
  return {
    cwd: Deno.env.get("INIT_CWD") ?? Deno.cwd(),
    stdout: standardOutput("stdout"),
    stderr: standardOutput("stderr"),
  };
}

/** Runs a task and returns the exit status. Errors are printed, never thrown. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  { cwd, stdout, stderr }: Caller = thisCaller(),
): Promise<number> {
  const errors = createTerminal(stderr);
  const print = stdout.write;
  if (args.some((arg) => arg === "--help" || arg === "-h")) {
    print(`usage: ${command.usage}\n`);
    return 0;
  }
  // Known before the flags are read: what is wrong with them is told as JSON too.
  const json = Object.hasOwn(command.flags, "json") && args.includes("--json");
  try {
    const flags = parseFlags(args, command.flags);
    return await command.run({ flags, args, cwd, print, errors });
  } catch (error) {
    const problems = problemsOf(error);
    if (json) print(JSON.stringify({ errors: problems }, null, 2) + "\n");
    errors.log(error instanceof PipelineError ? error.message : `error: ${problems[0].message}`);
    if (error instanceof FlagError) errors.log(`usage: ${command.usage}`);
    return 1;
  }
}

function problemsOf(error: unknown): readonly Partial<Problem>[] {
  if (error instanceof PipelineError) return error.problems;
  return [{ message: messageOf(error) }];
}

/** The one file that a task is called with. */
export function fileOf({ flags: { words } }: Call): string {
  if (words.length === 1) return words[0];
  throw new FlagError(
    words.length === 0
      ? "Cannot start: no pipeline file was given"
      : `Cannot start: expected one pipeline file, there are ${words.join(", ")}`,
  );
}
