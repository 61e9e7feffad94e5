/** Decides which documents, or parts of one, a model learns from and which are held out. */

import { hash } from "node:crypto";
import type { TokenizeConfig } from "../schema/definitions.ts";
import type { Document } from "./document.ts";
import { codePoints } from "./text_size.ts";
import type { Split } from "./token_writer.ts";

/** A document, or a part of one, in a split. */
export interface SplitPart {
  readonly split: Split;
  readonly text: string;
  /** True for the part with which the document ends. */
  readonly last: boolean;
}

/** Asked about every document once, in order. */
export type Splitter = (document: Document) => readonly SplitPart[];

/**
 * `hash`: a document is held out if the first 32 bits of the SHA-256 of its text, as a fraction of
 * 2^32, are below the share. So neither the order, nor other documents, nor the seed matter, and all
 * copies of a text are on the same side.
 *
 * `tail`: the first floor(characters * (1 - share)) characters of all documents together are for
 * training, the rest is held out; a document across the border is cut in two. For one document this
 * is the split of nanoGPT.
 *
 * @param characters code points of all documents together; only needed for `tail`
 */
export function createSplitter(
  { by, share }: TokenizeConfig["held_out"],
  characters: number,
): Splitter {
  if (by === "hash") {
    return (
      { text },
    ) => [{ split: isHeldOut(text, share) ? "held_out" : "train", text, last: true }];
  }
  const border = Math.floor(characters * (1 - share));
  let seen = 0;
  return ({ text }) => {
    const begin = seen;
    seen += codePoints(text);
    if (seen <= border) return [{ split: "train", text, last: true }];
    if (begin >= border) return [{ split: "held_out", text, last: true }];
    const cut = unitsOf(text, border - begin);
    return [
      { split: "train", text: text.slice(0, cut), last: false },
      { split: "held_out", text: text.slice(cut), last: true },
    ];
  };
}

function isHeldOut(text: string, share: number): boolean {
  return hash("sha256", text, "buffer").readUInt32BE(0) < share * 2 ** 32;
}

/** Length in UTF-16 units of the first `count` code points. */
function unitsOf(text: string, count: number): number {
  let at = 0;
  for (let left = count; left > 0; left--) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}
