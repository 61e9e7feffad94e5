/** Keys of stages: what a result depends on, and in words what changed. */

import { digestValue } from "./digest.ts";

/** Everything a stage's result depends on. Its key is the digest of this. */
export interface StageKeyParts {
  readonly kind: string;
  /** The resolved configuration. */
  readonly config: unknown;
  readonly seed: number;
  /** Digests of the stages it reads, by id. */
  readonly inputs: Readonly<Record<string, string>>;
  /**
   * Digests of the files it reads, in order. Their names go into ids of documents, their places
   * not.
   */
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** Digest of the sources that implement the kind. */
  readonly sources: string;
  /** Of Deno and of the packages that these sources use. */
  readonly versions: Readonly<Record<string, string>>;
  /** Engine, mesh and precision, for kinds that compute. */
  readonly compute?: Readonly<Record<string, unknown>>;
}

/** The key of a stage: 64 hex digits. */
export function stageKey(parts: StageKeyParts): string {
  return digestValue(parts);
}

/** How many differences a reason names. */
const MAX_NAMED = 3;

/**
 * What makes the key of `after` another one than that of `before`, for people; empty if nothing.
 */
export function explainChange(before: StageKeyParts, after: StageKeyParts): string {
  const changes: string[] = [];
  if (before.kind !== after.kind) changes.push(`kind is ${after.kind}, was ${before.kind}`);
  else changes.push(...differences(before.config, after.config, ""));
  if (before.seed !== after.seed) changes.push("the seed changed");
  changes.push(...changedInputs(before.inputs, after.inputs));
  const files = [before, after].map(({ files }) =>
    Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256]))
  );
  changes.push(...changedInputs(files[0], files[1]));
  changes.push(...changedCompute(before.compute ?? {}, after.compute ?? {}));
  changes.push(...differences(before.versions, after.versions, ""));
  if (before.sources !== after.sources) changes.push(`the sources of ${after.kind} changed`);
  const named = changes.slice(0, MAX_NAMED).join("; ");
  const more = changes.length - MAX_NAMED;
  return more > 0 ? `${named}; and ${more} more` : named;
}

type Compute = NonNullable<StageKeyParts["compute"]>;

/**
 * The engine goes before what it computes on; an adapter that only one of two engines has is no
 * news.
 */
function changedCompute(
  { engine: was, adapter: on, ...before }: Compute,
  { engine: is, adapter: now, ...after }: Compute,
): string[] {
  const engine = differences({ engine: was }, { engine: is }, "");
  const adapter = engine.length > 0 ? [] : differences({ adapter: on }, { adapter: now }, "");
  return [...engine, ...adapter, ...differences(before, after, "")];
}

function changedInputs(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  return Object.keys({ ...before, ...after }).flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    if (was === is) return [];
    const verb = was === undefined ? "is new" : is === undefined ? "is gone" : "changed";
    return [`input ${name} ${verb}`];
  });
}

/** Lines such as `optimizer.lr is 0.001, was 0.0003`, in the order of the keys. */
function differences(before: unknown, after: unknown, path: string): string[] {
  const lists = Array.isArray(before) && Array.isArray(after) && before.length === after.length;
  if (isMap(before) && isMap(after) || lists) {
    const [a, b] = [before as Record<string, unknown>, after as Record<string, unknown>];
    return Object.keys({ ...a, ...b }).sort().flatMap((key) =>
      differences(a[key], b[key], path === "" ? key : `${path}.${key}`)
    );
  }
  const [was, is] = [show(before), show(after)];
  // Of a value that is a path nothing is left: the files that it names are told of as inputs.
  if (was === is || [before, after].every(saysNothing)) return [];
  if (before === undefined) return [`${path} is ${is}, was not set`];
  if (after === undefined) return [`${path} is not set, was ${was}`];
  return was.length + is.length > 80 ? [`${path} changed`] : [`${path} is ${is}, was ${was}`];
}

function saysNothing(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === undefined;
  return Object.values(value).every(saysNothing);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}
