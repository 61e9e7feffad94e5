/** `new`: a project to start from. */

import { resolve } from "node:path";
import type { Command } from "./command.ts";
import { fillNewFolder } from "./fill_new_folder.ts";
import { FlagError } from "./flags.ts";
import { quoteWord } from "./quote_word.ts";
import { sluiceCalls } from "./starter/sluice_calls.ts";
import { starterFiles } from "./starter/starter_files.ts";

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
    await fillNewFolder("make a project", folder, files);
    print(`made ${folder}: ${Object.keys(files).join(", ")}\n`);
    print(
      `next: ${folder === cwd ? "" : `cd ${quoteWord(word)} && `}deno task run pipeline.yaml\n`,
    );
    return 0;
  },
};
