/** Reads a config.json key by key and keeps what cannot be represented. */

/** A parsed JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** What a key of config.json may be. */
export interface ConfigReader {
  /** A whole number from 1 to 2^31 - 1; `fallback` where the key is absent or null. */
  size(key: string, fallback?: number): number;
  /** A number of 0 or more. */
  number(key: string, fallback: number): number;
  /** A number above 0. */
  positive(key: string, fallback: number): number;
  boolean(key: string, fallback: boolean): boolean;
  /** What `values` has for the text at the key. */
  word<T>(key: string, values: Readonly<Record<string, T>>, fallback: T): T;
  /** A map; undefined if absent or null. */
  map(key: string): ConfigReader | undefined;
  /** True if the key is there and not null. */
  has(key: string): boolean;
  /** Takes any value: the key changes nothing that is computed. */
  ignore(keys: Iterable<string>): void;
  /** The key must be absent, null or one of `values` (by their JSON). */
  only(key: string, values: readonly unknown[]): void;
  /** The key must be absent, null or a list of nothing but `word`. */
  each(key: string, word: string): void;
  /** Notes that the value at the key cannot be used. */
  refuse(key: string, expected: string): void;
}

/** The largest size that models of pipelines may have. */
const MAX_SIZE = 2 ** 31 - 1;

/** A reader of `config`; `prefix` goes before the keys in what it notes in `problems`. */
export function configReader(config: Json, problems: string[], prefix = ""): ConfigReader & {
  /** Notes every key that nothing has asked for, unless its value says that it is off. */
  end(): void;
} {
  const asked = new Set<string>();
  const ends: (() => void)[] = [];
  const get = (key: string): unknown => {
    asked.add(key);
    return Object.hasOwn(config, key) ? config[key] ?? undefined : undefined;
  };
  const refuse = (key: string, expected: string) => {
    const value = get(key);
    const what = value === undefined ? `no ${prefix}${key}` : `${prefix}${key} ${show(value)}`;
    problems.push(`${what} (expected ${expected})`);
  };
  const checked = <T>(key: string, fallback: T, fits: (value: T) => boolean, expected: string) => {
    const value = get(key) ?? fallback;
    if (typeof value === typeof fallback && fits(value as T)) return value as T;
    refuse(key, expected);
    return fallback;
  };
  return {
    has: (key) => get(key) !== undefined,
    refuse,
    size(key, fallback) {
      const value = get(key) ?? fallback;
      if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_SIZE) {
        return Number(value);
      }
      refuse(key, `a whole number from 1 to ${MAX_SIZE}`);
      return fallback ?? 1;
    },
    number: (key, fallback) =>
      checked(key, fallback, (value) => value >= 0, "a number of 0 or more"),
    positive: (key, fallback) => checked(key, fallback, (value) => value > 0, "a number above 0"),
    boolean: (key, fallback) => checked(key, fallback, () => true, "true or false"),
    word(key, values, fallback) {
      const value = get(key);
      if (value === undefined) return fallback;
      if (typeof value === "string" && Object.hasOwn(values, value)) return values[value];
      refuse(key, Object.keys(values).join(" or "));
      return fallback;
    },
    map(key) {
      const value = get(key);
      if (value === undefined) return undefined;
      if (typeof value !== "object" || Array.isArray(value)) {
        refuse(key, "a map");
        return undefined;
      }
      const inner = configReader(value as Json, problems, `${prefix}${key}.`);
      ends.push(inner.end);
      return inner;
    },
    ignore(keys) {
      for (const key of keys) asked.add(key);
    },
    only(key, values) {
      const value = get(key);
      if (value === undefined) return;
      if (values.some((allowed) => show(allowed) === show(value))) return;
      refuse(key, values.length === 0 ? "none" : values.map(show).join(" or "));
    },
    each(key, word) {
      const value = get(key);
      if (value === undefined || Array.isArray(value) && value.every((item) => item === word)) {
        return;
      }
      refuse(key, `a list of ${word}`);
    },
    end() {
      for (const [key, value] of Object.entries(config)) {
        if (asked.has(key) || value === null || value === false) continue;
        refuse(key, "no such key");
      }
      ends.forEach((end) => end());
    },
  };
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
