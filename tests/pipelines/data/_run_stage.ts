/** Runs data stages in temporary folders. */

import { noModels } from "../../../pipelines/compile/stage_models.ts";
import { namesBelow } from "../../../pipelines/compile/names_below.ts";
import type { Metrics, StageKind, StageOutput } from "../../../pipelines/compile/stage_kind.ts";

/** A folder for one test, removed at its end. */
export async function withFolder(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A stage that has run. */
export interface RanStage extends StageOutput {
  readonly lines: readonly string[];
}

/** Runs a stage in the folder `ROOT/ID`; `inputs` are the stages it may read. */
export async function runStage<Config extends object>(
  kind: StageKind<Config>,
  { root, id, config, inputs = [], files = [], seed = 17 }: {
    readonly root: string;
    readonly id: string;
    readonly config: Config;
    readonly inputs?: readonly StageOutput[];
    /** Paths of the files it reads. */
    readonly files?: readonly string[];
    readonly seed?: number;
  },
): Promise<RanStage> {
  const dir = `${root}/${id}`;
  await Deno.mkdir(dir, { recursive: true });
  const lines: string[] = [];
  const metrics: Metrics = await kind.run({
    id,
    config,
    compute: { engine: "wasm", threads: 1, mesh: {} },
    seed,
    dir,
    files: namesBelow(files).map((file) => ({ ...file, bytes: Deno.statSync(file.path).size })),
    input: (name) => {
      const found = inputs.find((input) => input.id === name);
      if (found === undefined) throw new Error(`no input ${name}`);
      return found;
    },
    model: noModels(id),
    progress: { update() {} },
    log: (line) => lines.push(line),
    signal: new AbortController().signal,
  });
  return {
    id,
    kind: kind.kind,
    dir,
    config: Object.fromEntries(Object.entries(config)),
    metrics,
    lines,
  };
}

/** All items of a stream. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A stream of bytes cut into blocks of `size`. */
export async function* blocksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

/** A file of real text below SLUICE_TEST_DATA; undefined, and a message, where that is not set. */
export function testData(name: string): string | undefined {
  const folder = Deno.env.get("SLUICE_TEST_DATA");
  if (folder === undefined) {
    console.log(`left out, for SLUICE_TEST_DATA does not name a folder with ${name}`);
    return undefined;
  }
  return `${folder}/${name}`;
}
