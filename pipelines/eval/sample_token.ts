/** Draws a token from logits. */

import type { Random } from "../compile/random.ts";

/** How to draw. */
export interface Sampling {
  /** Divides the logits; 0: always the likeliest token. */
  readonly temperature: number;
  /** Only the k likeliest tokens can be drawn; 0: all. Of equal logits the smaller id counts more. */
  readonly top_k: number;
}

/** An id, drawn with probability softmax(logits / temperature) among the `top_k` likeliest. */
export function sampleToken(
  logits: ArrayLike<number>,
  { temperature, top_k }: Sampling,
  random: Random,
): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  if (temperature === 0) return best;
  const ids = Array.from({ length: logits.length }, (_, id) => id);
  if (top_k > 0 && top_k < ids.length) {
    ids.sort((a, b) => logits[b] - logits[a] || a - b);
    ids.length = top_k;
  }
  const weights = ids.map((id) => Math.exp((logits[id] - logits[best]) / temperature));
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let i = 0; i < ids.length; i++) {
    left -= weights[i];
    if (left < 0) return ids[i];
  }
  return best;
}
