/** Initial weights and batches of the golden trainings: the same integer hash as in `make.py`. */

/** Uniform in 12 bits: weights in [-1/8, 1/8), norms in 1 +- 1/16, biases in [-1/16, 1/16). */
export function initialValue(name: string, length: number): Float32Array {
  const isBias = name.endsWith("bias");
  const isNorm = name.includes("norm");
  const scale = isNorm || isBias ? 1 / 16 : 1 / 8;
  const center = isNorm && !isBias ? 1 : 0;
  return Float32Array.from(
    hashes(name, length),
    (word) => ((word >>> 20) / 2048 - 1) * scale + center,
  );
}

/** Size of the batches. */
export interface BatchSize {
  readonly batch: number;
  readonly seq: number;
  readonly vocab: number;
}

/** A chain t' = 3 t + 11 mod vocab with a random jump one time in four; targets may be ignored. */
export function goldenBatch(
  step: number,
  { batch, seq, vocab }: BatchSize,
  ignore: boolean,
): { tokens: Int32Array; targets: Int32Array } {
  const words = hashes(`batch ${step}`, batch * (seq + 1));
  const tokens = new Int32Array(batch * seq);
  const targets = new Int32Array(batch * seq);
  for (let row = 0; row < batch; row++) {
    let token = words[row * (seq + 1)] % vocab;
    for (let s = 0; s < seq; s++) {
      const word = words[row * (seq + 1) + s + 1];
      tokens[row * seq + s] = token;
      token = (3 * token + 11 + (word % 4 === 0 ? (word >>> 8) % vocab : 0)) % vocab;
      targets[row * seq + s] = ignore && word % 8 === 1 ? -1 : token;
    }
  }
  return { tokens, targets };
}

/** `count` words that depend on the label. */
function hashes(label: string, count: number): Uint32Array {
  const start = fnv(label);
  return Uint32Array.from({ length: count }, (_, i) => mix(Math.imul(i, 0x9e3779b9) + start));
}

/** The finalizer of MurmurHash3. */
function mix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}

/** FNV-1a of an ASCII text. */
function fnv(text: string): number {
  let result = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    result = Math.imul(result ^ text.charCodeAt(i), 0x01000193);
  }
  return result >>> 0;
}
