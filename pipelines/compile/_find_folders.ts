/** The folders that models are read from. */

import { join } from "node:path";
import { type ModelFolder, readFolder } from "../model/hugging_face/read_folder.ts";
import type { FileSystem } from "../schema/file_system.ts";
import { type Problem, problemAt } from "../schema/problem.ts";
import type { ResolvedPipeline } from "../schema/resolve.ts";
import { STATE } from "../train/checkpoint_header.ts";
import type { StageFile } from "./_find_inputs.ts";

/** Reads the folder of every model with `from`; one that is no model is a problem. */
export function findFolders(
  resolved: ResolvedPipeline,
  fs: FileSystem,
): { readonly folders: Readonly<Record<string, ModelFolder>>; readonly problems: Problem[] } {
  const folders: Record<string, ModelFolder> = {};
  const problems: Problem[] = [];
  for (const [name, { from, use }] of Object.entries(resolved.config.models)) {
    if (from === undefined || use !== undefined) continue;
    const found = readFolder(from, fs);
    if ("message" in found) {
      const message = found.message.replaceAll(from, resolved.show(from));
      const place = resolved.place(["models", name, "from"]);
      problems.push(problemAt(place, "wrong-folder", message, { expected: found.expected }));
    } else folders[name] = found;
  }
  return { folders, problems };
}

/** The files that a stage reads of the folder of model `name`, if it has one. */
export function folderFiles(
  resolved: ResolvedPipeline,
  folders: Readonly<Record<string, ModelFolder>>,
  name: string,
): readonly StageFile[] {
  if (!Object.hasOwn(folders, name)) return [];
  const { folder, files, digests } = folders[name];
  const location = resolved.positions(["models", name, "from"]);
  return files.map((path) => ({
    path,
    location,
    ...(Object.hasOwn(digests, path)
      ? { sha256: digests[path], listedIn: join(folder, STATE) }
      : {}),
  }));
}
