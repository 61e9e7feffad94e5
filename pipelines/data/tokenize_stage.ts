/** The `tokenize` stage: makes or loads a tokenizer, and turns documents into tokens. */

import { dirname, join } from "node:path";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import type { StageContext, StageKind } from "../compile/stage_kind.ts";
import type { TokenizeConfig } from "../schema/definitions.ts";
import { breathe } from "../train/breathe.ts";
import { documentBytes, readDocuments } from "./document_files.ts";
import type { TokenStats } from "./open_tokens.ts";
import { createSplitter, type Splitter } from "./split_documents.ts";
import { codePoints, utf8Length } from "./text_size.ts";
import { createTokenWriter, type SplitCounts } from "./token_writer.ts";
import { createWordCounts } from "./tokenizer/count_words.ts";
import {
  createTokenizer,
  loadTokenizer,
  loadTokenizerFile,
  readTokenizerConfig,
} from "./tokenizer/load_tokenizer.ts";
import { END_OF_TEXT, type Tokenizer, TOKENIZER_CONFIG } from "./tokenizer/tokenizer.ts";
import {
  bpeJson,
  BYTE_IDS,
  charJson,
  FIRST_MERGE_ID,
  type TokenizerJson,
} from "./tokenizer/tokenizer_json.ts";
import { trainBpe } from "./tokenizer/train_bpe.ts";

/** What helps where a tokenizer has no token that ends a text. */
export const EOS_EXPECTED = `eos_token in a ${TOKENIZER_CONFIG} beside it, or boundaries: none`;

type Context = StageContext<TokenizeConfig>;
/** All documents in order, as often as they are asked for. */
type ReadAll = (detail: string) => AsyncIterable<{ id: string; text: string }>;

/**
 * Documents are read up to three times (to find the border of a `tail`, to make the tokenizer, to
 * encode) and never all held in memory. Writes `tokenizer.json`, `tokenizer_config.json`,
 * `stats.json` and the files of `token_writer.ts`.
 *
 * Metrics: documents, tokens, train_tokens, held_out_tokens, vocab, bytes_per_token.
 */
export const tokenizeStage: StageKind<TokenizeConfig> = {
  kind: "tokenize",
  sources: ["pipelines/data/tokenize_stage.ts"],
  computes: false,
  async run(context) {
    const { config, dir } = context;
    const readAll = await createReader(context);
    const characters = config.held_out.by === "tail" ? await countCharacters(readAll) : 0;
    await writeTokenizer(context, readAll, createSplitter(config.held_out, characters));
    const tokenizer = await loadTokenizer(dir);
    if (config.boundaries === "eos" && tokenizer.eos === undefined) {
      throw new Error(
        `Cannot end documents with a token: the tokenizer has no token for the end of a text, ` +
          `expected ${EOS_EXPECTED}`,
      );
    }
    const splitter = createSplitter(config.held_out, characters);
    const [train, heldOut] = await encodeAll(context, readAll, splitter, tokenizer);
    check(config, train, heldOut);
    const tokens = train.tokens + heldOut.tokens;
    const stats: TokenStats = {
      vocab: tokenizer.vocab,
      eos: tokenizer.eos ?? null,
      seq: config.seq,
      boundaries: config.boundaries,
      bytes_per_token: (train.bytes + heldOut.bytes) / tokens,
      train,
      held_out: heldOut,
    };
    await writeJson(join(dir, "stats.json"), stats);
    return {
      documents: train.documents + heldOut.documents,
      tokens,
      train_tokens: train.tokens,
      held_out_tokens: heldOut.tokens,
      vocab: stats.vocab,
      bytes_per_token: stats.bytes_per_token,
    };
  },
};

async function createReader({ config, input, progress, signal }: Context): Promise<ReadAll> {
  const { dir } = input(config.from);
  const total = await documentBytes(dir);
  return (detail) => {
    let bytes = 0;
    return readDocuments(dir, (count) => {
      signal.throwIfAborted();
      bytes += count;
      progress.update(bytes, total, "bytes", detail);
    });
  };
}

async function countCharacters(readAll: ReadAll): Promise<number> {
  let characters = 0;
  for await (const { text } of readAll("counting characters")) characters += codePoints(text);
  return characters;
}

async function writeTokenizer(context: Context, readAll: ReadAll, splitter: Splitter) {
  const { config: { tokenizer, boundaries }, dir } = context;
  let made: Tokenizer;
  let config: Readonly<Record<string, unknown>> = {};
  if (tokenizer.file !== undefined) {
    const { path } = tokenizer.file;
    // What is wrong with it is told of the user's file, not of the copy.
    made = await loadTokenizerFile(path);
    config = await readTokenizerConfig(dirname(path));
    await writeFileAtomic(join(dir, "tokenizer.json"), await Deno.readFile(path));
  } else {
    const json = tokenizer.train === "char"
      ? charJson(await collectCharacters(readAll, boundaries === "eos"), boundaries === "eos")
      : await trainTokenizer(context, readAll, splitter, tokenizer.vocab);
    made = await createTokenizer(json);
    await writeFileAtomic(join(dir, "tokenizer.json"), JSON.stringify(json) + "\n");
  }
  const { eos, decode } = made;
  await writeJson(join(dir, TOKENIZER_CONFIG), {
    tokenizer_class: "PreTrainedTokenizerFast",
    clean_up_tokenization_spaces: false,
    ...config,
    ...(eos === undefined ? {} : { eos_token: config.eos_token ?? decode([eos]) }),
  });
}

/** Characters of all documents: one that only the held-out ones have must have a token too. */
async function collectCharacters(readAll: ReadAll, eos: boolean): Promise<Set<string>> {
  const characters = new Set<string>();
  for await (const { text } of readAll("collecting characters")) {
    for (const character of eos ? text.replaceAll(END_OF_TEXT, "") : text) {
      characters.add(character);
    }
  }
  return characters;
}

async function trainTokenizer(
  { progress, signal, log }: Context,
  readAll: ReadAll,
  splitter: Splitter,
  vocab: number | undefined,
): Promise<TokenizerJson> {
  if (vocab === undefined) {
    throw new Error(
      "Cannot train a bpe tokenizer: vocab is missing, should be the number of tokens",
    );
  }
  const words = createWordCounts();
  for await (const document of readAll("counting words")) {
    for (const { split, text } of splitter({ ...document, metadata: {} })) {
      if (split === "train") words.add(text);
    }
  }
  const encoder = new TextEncoder();
  const ids = Array.from(
    words.counts.keys(),
    (word) => Int32Array.from(encoder.encode(word), (byte) => BYTE_IDS[byte]),
  );
  const limit = vocab - FIRST_MERGE_ID;
  const merges = await trainBpe(ids, [...words.counts.values()], {
    firstId: FIRST_MERGE_ID,
    limit,
    onMerge: async (done) => {
      if (done % 100 !== 0) return;
      progress.update(done, limit, "merges", "training the tokenizer");
      await breathe();
      signal.throwIfAborted();
    },
  });
  if (merges.length < limit) {
    const made = FIRST_MERGE_ID + merges.length;
    log(`The texts give ${made} tokens, fewer than the ${vocab} asked for.`);
  }
  return bpeJson(merges);
}

async function encodeAll(
  { config, dir }: Context,
  readAll: ReadAll,
  splitter: Splitter,
  { vocab, eos, encode }: Tokenizer,
): Promise<readonly [SplitCounts, SplitCounts]> {
  await using train = await createTokenWriter(dir, "train", vocab);
  await using heldOut = await createTokenWriter(dir, "held_out", vocab);
  const writers = { train, held_out: heldOut };
  for await (const document of readAll("encoding")) {
    for (const { split, text, last } of splitter({ ...document, metadata: {} })) {
      const ids = encode(text);
      if (last && config.boundaries === "eos" && eos !== undefined) ids.push(eos);
      await writers[split].write(document.id, ids, utf8Length(text));
    }
  }
  return [await train.close(), await heldOut.close()];
}

function check(
  { seq, held_out: { share, by } }: TokenizeConfig,
  train: SplitCounts,
  held: SplitCounts,
) {
  if (train.tokens <= seq) {
    throw new Error(
      `Cannot make sequences of ${seq} tokens: the training split has ${train.tokens} tokens, ` +
        `should have more than seq`,
    );
  }
  if (share > 0 && held.tokens === 0) {
    throw new Error(
      `Cannot hold out a share of ${share} by ${by}: none of the ${train.documents} documents is in ` +
        `it, should be a larger share, or by: tail`,
    );
  }
}

async function writeJson(path: string, value: unknown) {
  await writeFileAtomic(path, JSON.stringify(value, null, 2) + "\n");
}
