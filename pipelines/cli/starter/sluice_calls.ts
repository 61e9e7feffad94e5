/** How a project calls Sluice: from a checkout beside it, or published as a package. */

import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../../../deno.json" with { type: "json" };
import { quoteWord } from "../quote_word.ts";

/** The tasks that a project has. */
export const projectTasks = ["run", "check", "plan", "graph", "doctor"] as const;

/** What a project has to know of Sluice. */
export interface SluiceCalls {
  /** The command of each task. */
  readonly tasks: Readonly<Record<string, string>>;
  /** Unstable parts of Deno that the commands need in the project's own configuration. */
  readonly unstable: readonly string[];
  /** Where the JSON Schema of pipelines lies, for editors. */
  readonly schema: string;
}

/**
 * The calls of a project in `folder` (absolute), where Sluice lies at `root`: the address of a folder.
 * A checkout that shares its parent folder with the project is named by a relative path, so both can
 * move together; any other by its absolute path.
 */
export function sluiceCalls(
  folder: string,
  root: URL = new URL("../../../", import.meta.url),
): SluiceCalls {
  if (root.protocol !== "file:") return publishedCalls(root);
  const path = join(fileURLToPath(root), ".");
  const near = relative(folder, path);
  const beside = relative(dirname(path), folder);
  const place = (beside.startsWith("..") ? path : near).replaceAll("\\", "/").replace(/\/$/, "");
  const command = (task: string) => `deno task --cwd ${quoteWord(place)} ${task}`;
  return {
    tasks: Object.fromEntries(projectTasks.map((task) => [task, command(task)])),
    unstable: [],
    schema: `${place}/pipelines/schema.json`,
  };
}

/** Calls of a package: what the tasks of Sluice call, by its address. */
function publishedCalls(root: URL): SluiceCalls {
  const { name, version, tasks, unstable } = config;
  const main = "pipelines/cli/main.ts";
  const target = root.host === "jsr.io" ? `jsr:${name}@${version}/cli` : new URL(main, root).href;
  return {
    tasks: Object.fromEntries(
      projectTasks.map((task) => [task, tasks[task].replace(main, target)]),
    ),
    unstable,
    schema: new URL("pipelines/schema.json", root).href,
  };
}

/** The name of a pipeline after a folder: what names allow of the folder's. */
export function pipelineName(folder: string): string {
  const name = basename(folder).toLowerCase().replace(/[^a-z0-9_-]+/g, "_").slice(0, 64);
  return /[a-z0-9]/.test(name) ? name : "starter";
}
