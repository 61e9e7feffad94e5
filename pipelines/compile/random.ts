/**
 * Random numbers of the host: seeds for stages, documents, initial weights and batch order.
 *
 * Everything is integer arithmetic modulo 2^32, or IEEE double `+ - * /` and `sqrt`, which every
 * machine rounds alike: the same seed gives the same numbers everywhere.
 */

/** A seeded stream of random numbers. Every method moves the stream on. */
export interface Random {
  /** The next 32 bits, an integer in [0, 2^32). */
  next(): number;
  /** A number in [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** An integer in [0, n), each equally likely. `n` is an integer in [1, 2^32]. */
  integer(n: number): number;
  /** A number of the standard normal distribution (mean 0, variance 1). */
  normal(): number;
  /** One element of a list that is not empty. */
  pick<T>(items: readonly T[]): T;
  /** Puts the elements of `items` in a random order, in place (Fisher-Yates), and returns it. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T;
}

/**
 * A seed for one purpose, an integer in [0, 2^32): FNV-1a over the seed and the labels, then the
 * finalizer of MurmurHash3. Other labels, or the same ones in another order, give an unrelated seed.
 */
export function deriveSeed(seed: number, ...labels: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  const add = (byte: number) => {
    hash = Math.imul(hash ^ byte, 0x01000193);
  };
  const addWord = (word: number) => {
    for (let shift = 0; shift < 32; shift += 8) add((word >>> shift) & 0xff);
  };
  addWord(seed);
  for (const label of labels) {
    // No byte of UTF-8 is 0xfe or 0xff, so these tell ("a", "b") from ("ab") and "1" from 1.
    if (typeof label === "string") {
      add(0xff);
      for (const byte of encoder.encode(label)) add(byte);
    } else {
      add(0xfe);
      addWord(label);
      addWord(Math.floor(label / 0x100000000));
    }
  }
  return mix(hash);
}

/** A stream of random numbers: xoshiro128** 1.1 (Blackman, Vigna), its state filled by splitmix32. */
export function createRandom(seed: number): Random {
  let counter = seed | 0;
  const fill = () => mix(counter = (counter + 0x9e3779b9) | 0) | 0;
  let a = fill(), b = fill(), c = fill(), d = fill();
  let spare: number | undefined;

  const next = () => {
    const scaled = Math.imul(b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const integer = (n: number) => {
    // Draws above the largest multiple of n are thrown away: they would favour small results.
    const limit = 0x100000000 - 0x100000000 % n;
    let draw = next();
    while (draw >= limit) draw = next();
    return draw % n;
  };
  // Marsaglia's polar method; each round gives two numbers, the second is kept for the next call.
  const normal = () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    let x = 0, y = 0, square = 0;
    do {
      x = 2 * uniform() - 1;
      y = 2 * uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt(-2 * naturalLog(square) / square);
    spare = y * scale;
    return x * scale;
  };
  const uniform = () => next() / 0x100000000;
  return {
    next,
    uniform,
    integer,
    normal,
    pick: (items) => items[integer(items.length)]!,
    shuffle: (items) => {
      for (let last = items.length - 1; last > 0; last--) {
        const other = integer(last + 1);
        const kept = items[last];
        items[last] = items[other];
        items[other] = kept;
      }
      return items;
    },
  };
}

const encoder = new TextEncoder();

/** The finalizer of MurmurHash3: a bijection of 32-bit words that spreads every bit over all others. */
function mix(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}

/**
 * log(x) for x in (0, 1]. `Math.log` may differ in its last bit between machines and versions of the
 * JavaScript engine; this takes x = m 2^-k and the series of 2 atanh((m - 1) / (m + 1)).
 */
function naturalLog(x: number): number {
  let halvings = 0;
  while (x < Math.SQRT1_2) {
    x *= 2;
    halvings++;
  }
  const ratio = (x - 1) / (x + 1);
  const square = ratio * ratio;
  let series = 0;
  for (let power = 21; power >= 1; power -= 2) series = series * square + 1 / power;
  return 2 * ratio * series - halvings * Math.LN2;
}
