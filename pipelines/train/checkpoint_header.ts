/**
 * `state/state.json` of a checkpoint: where training was, and the digests of what stands beside it.
 */

import { digestValue } from "../compile/digest.ts";

/** The file's path in a checkpoint folder. */
export const STATE = "state/state.json";

/** What the file holds, beside the digest of it all. */
export interface CheckpointHeader {
  /** Steps done. */
  readonly step: number;
  /** Digest of what the state belongs to. */
  readonly digest: string;
  /** False if the held-out loss that was due after the step has not been measured. */
  readonly evaluated: boolean;
  /** SHA-256 of the lines of metrics.jsonl up to the step. */
  readonly metrics: string;
  /** SHA-256 of the other files of the folder, by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** The text of the file. */
export function formatHeader(
  { step, digest, evaluated, metrics, files }: CheckpointHeader,
): string {
  const header = { step, digest, ...(evaluated ? {} : { evaluated }), metrics, files };
  return JSON.stringify({ ...header, sha256: digestValue(header) }, null, 2) + "\n";
}

/** What a text holds; undefined if it is not one that `formatHeader` made. */
export function parseHeader(text: string): CheckpointHeader | undefined {
  try {
    const { sha256, ...header } = JSON.parse(text);
    if (sha256 !== digestValue(header)) return undefined;
    return { ...header, evaluated: header.evaluated !== false };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
