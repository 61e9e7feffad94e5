/** References between stages and models: one namespace, each with the kinds it may lead to. */

import type { StageKindName } from "../schema/definitions.ts";
import { maxSuggested, problemAt } from "../schema/problem.ts";
import type { Problem } from "../schema/problem.ts";
import type { Broken, ResolvedPipeline } from "../schema/resolve.ts";
import { oneOfWords, suggest } from "../schema/suggest.ts";
import type { Path } from "../schema/tree.ts";

/** A name in a stage that stands for another stage or a model. */
export interface Reference {
  readonly name: string;
  /** Path of the name within the stage. */
  readonly path: Path;
  /** Kinds of stages it may name, and `model`. */
  readonly kinds: readonly string[];
}

/** A stage that another one reads, and where that says so. */
export interface Input {
  readonly to: string;
  /** Path of the reference in the pipeline. */
  readonly path: Path;
}

/** Stages that hold documents. */
const documentKinds = ["documents", "filter"];

/** Which keys of a stage hold names, and what these may be the names of. */
const referringKeys: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  documents: {},
  filter: { from: documentKinds },
  tokenize: { from: documentKinds },
  train: { model: ["model"], data: ["tokenize"] },
  eval: { models: ["train", "model"], data: ["tokenize"], questions: ["documents"] },
  report: { from: ["documents", "filter", "tokenize", "train", "eval"] },
} satisfies Record<StageKindName, Record<string, readonly string[]>>;

/** The names that a stage refers to, resolved or as it was written. */
export function referencesOf(stage: unknown): readonly Reference[] {
  if (typeof stage !== "object" || stage === null) return [];
  const fields = new Map<string, unknown>(Object.entries(stage));
  const kind = String(fields.get("kind"));
  const keys = Object.hasOwn(referringKeys, kind) ? referringKeys[kind] : {};
  return Object.entries(keys).flatMap(([key, kinds]) => {
    const value = fields.get(key);
    if (typeof value === "string") return [{ name: value, path: [key], kinds }];
    if (!Array.isArray(value)) return [];
    return value.flatMap((name, index) =>
      typeof name === "string" ? [{ name, path: [key, index], kinds }] : []
    );
  });
}

/** Follows every reference, also those of stages that are wrong otherwise. */
export function resolveReferences(
  resolved: ResolvedPipeline,
  broken: Broken,
): { readonly inputs: ReadonlyMap<string, readonly Input[]>; readonly problems: Problem[] } {
  const { stages, models } = resolved.config;
  const problems: Problem[] = [];
  const allStages = new Map<string, unknown>([...broken.stages, ...Object.entries(stages)]);
  const allModels = new Set([...broken.models, ...Object.keys(models)]);
  const kinds = new Map<string, string | undefined>();
  for (const name of allModels) kinds.set(name, "model");
  for (const [id, stage] of allStages) {
    if (allModels.has(id)) {
      const place = resolved.keyPlace(["stages", id]);
      const message = `"${id}" is the name of a stage and of a model`;
      const expected = "another name for one of them";
      problems.push(problemAt(place, "duplicate-name", message, { expected }));
    }
    kinds.set(id, kindOf(stage));
  }
  const fitting = (id: string, allowed: readonly string[]) =>
    [...kinds].filter(([other, kind]) =>
      other !== id && kind !== undefined && allowed.includes(kind)
    ).map(([other]) => other);
  const inputs = new Map<string, readonly Input[]>();
  for (const [id, stage] of allStages) {
    const found: Input[] = [];
    for (const { name, path: within, kinds: allowed } of referencesOf(stage)) {
      const path = ["stages", id, ...within];
      const place = resolved.place(path);
      const subject = `stages.${id}.${within[0]}`;
      // Questions that are no stage are a file.
      if (within[0] === "questions" && !kinds.has(name)) continue;
      if (!kinds.has(name)) {
        const noun = allowed.every((kind) => kind === "model") ? "model" : "stage";
        const candidates = problems.length < maxSuggested ? fitting(id, allowed) : [];
        const suggestion = suggest(name, candidates);
        const expected = suggestion !== undefined
          ? undefined
          : candidates.length === 0
          ? article(allowed)
          : oneOfWords(candidates);
        const message = `${subject} names the unknown ${noun} "${name}"`;
        problems.push(problemAt(place, `unknown-${noun}`, message, { expected, suggestion }));
        continue;
      }
      const kind = kinds.get(name);
      if (kind !== undefined && !allowed.includes(kind)) {
        const what = kind === "model" ? "model" : `${kind} stage`;
        const message = `${subject} names the ${what} "${name}"`;
        const candidates = problems.length < maxSuggested ? fitting(id, allowed) : [];
        const suggestion = candidates.length === 1 ? candidates[0] : undefined;
        problems.push(
          problemAt(place, "wrong-kind", message, { expected: article(allowed), suggestion }),
        );
      }
      const model = kind === "model" && Object.hasOwn(models, name) ? models[name] : undefined;
      if (model?.use !== undefined && kindOf(stage) === "eval") {
        const message = `${subject} names the untrained model "${name}"`;
        const expected = "a train stage, or a model with `from`";
        problems.push(problemAt(place, "wrong-kind", message, { expected }));
      }
      const read = Object.hasOwn(stages, name) ? stages[name] : undefined;
      if (within[0] === "questions" && read?.kind === "documents" && read.read !== undefined) {
        const message = `${subject} names the stage "${name}", which makes no questions`;
        const expected = "a documents stage with `generate`, or a .jsonl file";
        problems.push(problemAt(place, "wrong-kind", message, { expected }));
      }
      if (Object.hasOwn(stages, name)) found.push({ to: name, path });
    }
    inputs.set(id, found);
  }
  return { inputs, problems };
}

/** The kind of a stage, if it is one that exists. */
function kindOf(stage: unknown): string | undefined {
  const kind = typeof stage === "object" && stage !== null && "kind" in stage ? stage.kind : "";
  return typeof kind === "string" && Object.hasOwn(referringKeys, kind) ? kind : undefined;
}

/** `a tokenize stage`, `a train stage or a model`. */
function article(kinds: readonly string[]): string {
  if (kinds.length > 3) return "a stage of another kind";
  return kinds.map((kind) =>
    kind === "model" ? "a model" : `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind} stage`
  ).join(" or ");
}
