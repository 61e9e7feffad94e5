/** The `documents` stage: reads source files, or generates a world, into documents. */

import { join } from "node:path";
import { createFileAtomic, writeFileAtomic } from "../../runtime/atomic_file.ts";
import type { InputFile, Metrics, StageContext, StageKind } from "../compile/stage_kind.ts";
import type { DocumentsConfig } from "../schema/definitions.ts";
import { breathe } from "../train/breathe.ts";
import { ChecksumError, DataError } from "./data_error.ts";
import { createDocumentWriter } from "./document_files.ts";
import { readSource } from "./read_source.ts";
import { writeSmallWorld } from "./small_world/write_small_world.ts";

type ReadConfig = Extract<DocumentsConfig, { generate?: never }>;
type GenerateConfig = Extract<DocumentsConfig, { read?: never }>;

/** Something that was not read: a line of `set_aside.jsonl`. */
interface SetAside {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  readonly content: string;
}

/** Metrics: documents, bytes (of the texts in UTF-8), set_aside. */
export const documentsStage: StageKind<DocumentsConfig> = {
  kind: "documents",
  sources: ["pipelines/data/documents_stage.ts"],
  computes: false,
  run: ({ config, ...context }) =>
    config.read === undefined
      ? generate({ ...context, config })
      : readFiles({ ...context, config }),
};

async function generate(
  { config, seed, dir, progress, signal }: StageContext<GenerateConfig>,
): Promise<Metrics> {
  const counts = await writeSmallWorld(dir, {
    seed,
    count: config.count,
    onDocument: async (done, total) => {
      progress.update(done, total, "documents");
      await breathe();
      signal.throwIfAborted();
    },
  });
  return await writeStats(dir, { ...counts, set_aside: 0 });
}

async function readFiles(context: StageContext<ReadConfig>): Promise<Metrics> {
  const { config, dir, files, log } = context;
  await using writer = await createDocumentWriter(dir);
  await using aside = await createLines(join(dir, "set_aside.jsonl"));
  let first: SetAside | undefined;
  const setAside = async (file: InputFile, entry: SetAside) => {
    if (config.on_error === "stop") {
      const { line, reason } = entry;
      throw new DataError({ file: file.path, line }, `Cannot read the document: ${reason}`);
    }
    first ??= entry;
    await aside.write(JSON.stringify(entry) + "\n");
  };
  await copyDocuments(context, writer.write, setAside);
  await aside.close();
  const counts = await writer.close();
  if (counts.documents === 0) {
    const { file, line } = first ?? { file: files[0].path, line: undefined };
    const reason = first?.reason ?? "it is empty";
    throw new DataError(
      { file, ...(line === undefined ? {} : { line }) },
      `Cannot read any document: ${reason} (${aside.count()} set aside in ${files.length} files)`,
    );
  }
  if (first !== undefined) {
    const { file, line, reason } = first;
    log(`${aside.count()} set aside in set_aside.jsonl, the first at ${file}:${line}: ${reason}`);
  }
  return await writeStats(dir, { ...counts, set_aside: aside.count() });
}

async function copyDocuments(
  { config, files, progress, signal }: StageContext<ReadConfig>,
  write: Awaited<ReturnType<typeof createDocumentWriter>>["write"],
  setAside: (file: InputFile, entry: SetAside) => Promise<void>,
) {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let [done, documents] = [0, 0];
  const onRead = (bytes: number) => {
    signal.throwIfAborted();
    done += bytes;
    progress.update(done, total, "bytes", `${documents} documents`);
  };
  for (const file of files) {
    let line = 0;
    try {
      for await (const source of readSource(file, config, onRead)) {
        line = source.line;
        if (source.document !== undefined) {
          await write(source.document);
          documents++;
        } else {
          const { problem: reason = "", content = "" } = source;
          await setAside(file, { file: file.name, line, reason, content });
        }
      }
    } catch (error) {
      throw line > 0 && error instanceof DataError ? behind(error, line) : error;
    }
  }
}

/**
 * The error of a file that cannot be read any further than `line`. What is damaged or cut off is
 * never set aside: nobody knows how much of the file is missing.
 */
function behind(error: DataError, line: number): DataError {
  const { file, line: known } = error.position;
  // A wrong checksum is that of all that came before.
  if (known !== undefined || error instanceof ChecksumError) return error;
  return new DataError({ file, line: line + 1 }, error.message.slice(file.length + 2));
}

/** Writes lines to a file, and counts them. */
async function createLines(path: string) {
  const file = await createFileAtomic(path);
  const encoder = new TextEncoder();
  let count = 0;
  return {
    ...file,
    async write(line: string) {
      await file.write(encoder.encode(line));
      count++;
    },
    count: () => count,
  };
}

async function writeStats(
  dir: string,
  stats: { documents: number; bytes: number; characters: number; set_aside: number },
): Promise<Metrics> {
  await writeFileAtomic(join(dir, "stats.json"), JSON.stringify(stats, null, 2) + "\n");
  const { documents, bytes, set_aside } = stats;
  return { documents, bytes, set_aside };
}
