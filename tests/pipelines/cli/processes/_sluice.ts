/** Calls of tasks as a person makes them, in processes of their own. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../../../../deno.json" with { type: "json" };

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/** What a call gave. */
export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Starts `deno ARGS` in a folder, with these variables more; the caller waits for it. */
export function spawn(
  cwd: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Deno.ChildProcess {
  // Whatever started these tests must not be taken for the caller of the task.
  const env = { INIT_CWD: cwd, NO_COLOR: "1", ...variables };
  return new Deno.Command("deno", { args: [...args], cwd, env, stdout: "piped", stderr: "piped" })
    .spawn();
}

/** The end of a process, which is killed after `limitMs`: its status is 137 then. */
export async function ended(process: Deno.ChildProcess, limitMs?: number): Promise<Result> {
  const timer = limitMs === undefined ? undefined : setTimeout(
    () => process.kill("SIGKILL"),
    limitMs,
  );
  const { code, stdout, stderr } = await process.output();
  clearTimeout(timer);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** The command line of a task without the task runner, which takes time and hides the process. */
export function taskArgs(
  task: "run" | "check" | "plan" | "graph" | "doctor" | "new" | "bench",
  args: readonly string[],
) {
  const [deno, run, ...words] = config.tasks[task].split(" ");
  if (deno !== "deno" || run !== "run") throw new Error(`Cannot call ${task}: it is not deno run`);
  const script = words.findIndex((word) => word.endsWith("main.ts"));
  return [
    "run",
    "--config",
    join(ROOT, "deno.json"),
    ...words.slice(0, script),
    join(ROOT, words[script]),
    ...words.slice(script + 1),
    ...args,
  ];
}

/** Calls a task and waits for its end. */
export async function call(
  cwd: string,
  task: Parameters<typeof taskArgs>[0],
  ...args: readonly string[]
): Promise<Result> {
  return await ended(spawn(cwd, taskArgs(task, args)));
}

/** A pipeline of data stages over `text.txt`. */
export const dataPipeline = `version: 1
name: data
seed: 3
stages:
  corpus: {kind: documents, read: text.txt}
  clean: {kind: filter, from: corpus, rules: [exact_dedup, {length: {min: 4}}]}
  tokens:
    kind: tokenize
    from: clean
    tokenizer: {train: char}
    seq: 8
    held_out: {share: 0.2}
  about: {kind: report, from: [corpus, clean, tokens]}
`;

/** Gives a test a folder with `data.yaml` and the text it reads, and removes it afterwards. */
export async function withPipeline(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "sluice-" }));
  try {
    const lines = Array.from({ length: 60 }, (_, index) => `line ${index % 50} of the text\n`);
    await Deno.writeTextFile(join(dir, "text.txt"), lines.join(""));
    await Deno.writeTextFile(join(dir, "data.yaml"), dataPipeline);
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
