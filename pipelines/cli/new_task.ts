/** `new`: a project to start from. */

import { basename, dirname, join, resolve } from "node:path";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import type { Command } from "./command.ts";
import { FlagError } from "./flags.ts";
import { quoteWord } from "./quote_word.ts";
import { sluiceCalls } from "./starter/sluice_calls.ts";
import { starterFiles } from "./starter/starter_files.ts";

/** Files of a folder that a message names at most. */
const MAX_NAMED = 3;

/** Writes the project into a folder that is new or empty. */
export const newTask: Command = {
  usage: "deno task new DIR",
  flags: {},
  async run({ flags: { words }, cwd, print }) {
    if (words.length !== 1) {
      throw new FlagError(
        words.length === 0
          ? "Cannot make a project: no folder was given"
          : `Cannot make a project: expected one folder, there are ${words.join(", ")}`,
      );
    }
    const [word] = words;
    if (word.trim() === "") throw new FlagError("Cannot make a project: the folder has no name");
    const folder = resolve(cwd, word);
    const files = starterFiles(folder, sluiceCalls(folder));
    await makeProject(folder, files);
    print(`made ${folder}: ${Object.keys(files).join(", ")}\n`);
    print(
      `next: ${folder === cwd ? "" : `cd ${quoteWord(word)} && `}deno task run pipeline.yaml\n`,
    );
    return 0;
  },
};

/**
 * Makes a folder with these files. They are written beside their places first, so a failure leaves
 * nothing: a new folder appears by one rename, into an empty one that is there the files are moved.
 */
async function makeProject(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const isThere = await insistOnEmpty(folder);
  const parent = isThere ? folder : dirname(folder);
  const staging = join(parent, `.${basename(folder)}-${crypto.randomUUID()}.tmp`);
  try {
    await Deno.mkdir(staging, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await writeFileAtomic(join(staging, name), text);
    }
    if (!isThere) return await Deno.rename(staging, folder);
    for (const name of Object.keys(files)) {
      await Deno.rename(join(staging, name), join(folder, name));
    }
    await Deno.remove(staging);
  } catch (error) {
    await Deno.remove(staging, { recursive: true }).catch(() => {});
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot make a project in ${folder}: ${message}`, { cause: error });
  }
}

/** Whether the folder is there; an error where it holds something or is no folder. */
async function insistOnEmpty(folder: string): Promise<boolean> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) names.push(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.NotADirectory) {
      throw new Error(
        `Cannot make a project in ${folder}: it is a file, expected a new or empty folder`,
      );
    }
    throw error;
  }
  if (names.length === 0) return true;
  const named = names.sort().slice(0, MAX_NAMED).join(", ") +
    (names.length > MAX_NAMED ? ", ..." : "");
  throw new Error(
    `Cannot make a project in ${folder}: it holds ${named}, expected a new or empty folder`,
  );
}
