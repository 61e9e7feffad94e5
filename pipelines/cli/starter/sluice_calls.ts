/** How a project calls Sluice: from a checkout beside it, or published as a package. */

import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { projectRoot } from "../../compile/project_root.ts";
import { packageName, tasks, unstable, version } from "../../compile/versions.ts";
import { quoteWord } from "../quote_word.ts";

/** The tasks that a project has. */
const projectTasks = ["run", "check", "plan", "graph", "doctor"] as const;

/** What a project has to know of Sluice. */
export interface SluiceCalls {
  /** The command of each task. */
  readonly tasks: Readonly<Record<string, string>>;
  /** Where the JSON Schema of pipelines lies, for editors. */
  readonly schema: string;
}

/**
 * The calls of a project in `folder` (absolute), where Sluice lies at `root`: the address of a
 * folder. A checkout that shares its parent folder with the project is named by a relative path, so
 * both can move together; any other by its absolute path.
 */
export function sluiceCalls(
  folder: string,
  root: URL = projectRoot,
): SluiceCalls {
  if (root.protocol !== "file:") return publishedCalls(root);
  const path = join(fileURLToPath(root), ".");
  const near = relative(folder, path);
  const beside = relative(dirname(path), folder);
  const place = (beside.startsWith("..") ? path : near).replaceAll(sep, "/")
    .replace(/\/$/, "");
  const command = (task: string) => `deno task --cwd ${quoteWord(place)} ${task}`;
  return {
    tasks: Object.fromEntries(projectTasks.map((task) => [task, command(task)])),
    schema: `${place}/pipelines/schema.json`,
  };
}

/** Calls of a package: those of the tasks of a checkout, with its address. */
function publishedCalls(root: URL): SluiceCalls {
  const main = "pipelines/cli/main.ts";
  const target = root.host === "jsr.io"
    ? `jsr:${packageName}@${version}/cli`
    : new URL(main, root).href;
  // For a program that is no file, Deno reads no deno.json: it needs everything as flags.
  const flags = unstable.map((part) => `--unstable-${part}`).join(" ");
  const command = (task: string) =>
    tasks[task].replace("deno run", `deno run ${flags}`).replace(main, target);
  return {
    tasks: Object.fromEntries(projectTasks.map((task) => [task, command(task)])),
    schema: new URL("pipelines/schema.json", root).href,
  };
}

/** The name of a pipeline after a folder: what names allow of the folder's. */
export function pipelineName(folder: string): string {
  const name = basename(folder).toLowerCase().replace(/[^a-z0-9_-]+/g, "_").slice(0, 64);
  return /[a-z0-9]/.test(name) ? name : "starter";
}
