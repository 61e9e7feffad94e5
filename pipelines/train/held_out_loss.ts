/** The loss over a whole split, as metrics and evaluations report it. */

import type { Device } from "../../runtime/device.ts";
import { readSequences, type TokenSplit } from "./batches.ts";
import { groupReads } from "./group_reads.ts";

/** The shape of the `evaluate` program: its tokens are i32[batch seq]. */
export interface EvaluateShape {
  readonly batch: number;
  readonly seq: number;
}

/**
 * The mean loss in nats per token over a split, by the device's `evaluate` program. The split is
 * cut into sequences from its start, so that every token but the first is predicted once, from the
 * tokens before it in its sequence. Undefined for a split of fewer than two tokens.
 */
export async function heldOutLoss(
  device: Device,
  split: TokenSplit,
  { batch, seq }: EvaluateShape,
  onBatch?: (tokens: number) => void | Promise<void>,
): Promise<number | undefined> {
  const targets = split.tokens - 1;
  if (targets < 1) return undefined;
  let sum = 0;
  const losses = groupReads((_start: number, [loss]) => sum += loss);
  for (let start = 0; start < targets; start += batch * seq) {
    const starts = Array.from({ length: batch }, (_, row) => start + row * seq);
    const sequences = readSequences(split, starts, seq);
    device.write("tokens", sequences.tokens);
    device.write("targets", sequences.targets);
    device.run("evaluate");
    await losses.add(start, device.snapshot(["loss_sum"]));
    await onBatch?.(Math.min(targets, start + batch * seq));
  }
  await losses.finish();
  return sum / targets;
}
