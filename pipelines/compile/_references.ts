/** References between stages and models: one namespace, each with the kinds it may lead to. */

import type { StageConfig } from "../schema/definitions.ts";
import { problemAt } from "../schema/problem.ts";
import type { Problem } from "../schema/problem.ts";
import type { ResolvedPipeline } from "../schema/resolve.ts";
import { suggest } from "../schema/suggest.ts";
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

/** The names that a stage refers to. */
export function referencesOf(stage: StageConfig): readonly Reference[] {
  const one = (key: string, name: string | undefined, ...kinds: string[]): Reference[] =>
    name === undefined ? [] : [{ name, path: [key], kinds }];
  const many = (key: string, names: readonly string[], ...kinds: string[]): Reference[] =>
    names.map((name, index) => ({ name, path: [key, index], kinds }));
  switch (stage.kind) {
    case "documents":
      return [];
    case "filter":
      return one("from", stage.from, "documents", "filter");
    case "tokenize":
      return one("from", stage.from, "documents", "filter");
    case "train":
      return [...one("model", stage.model, "model"), ...one("data", stage.data, "tokenize")];
    case "eval": {
      const { models, data, questions } = stage;
      const file = typeof questions === "string" ? questions : undefined;
      return [
        ...many("models", models, "train", "model"),
        ...one("data", data, "tokenize"),
        ...one("questions", file, "documents"),
      ];
    }
    case "report":
      return many("from", stage.from, "documents", "filter", "tokenize", "train", "eval");
  }
}

/** Follows every reference. Names in `broken` exist; their kind is known if it is a text. */
export function resolveReferences(
  resolved: ResolvedPipeline,
  broken: ReadonlyMap<string, string | undefined>,
): { readonly inputs: ReadonlyMap<string, readonly Input[]>; readonly problems: Problem[] } {
  const { stages, models } = resolved.config;
  const problems: Problem[] = [];
  const kinds = new Map<string, string | undefined>(broken);
  for (const name of Object.keys(models)) kinds.set(name, "model");
  for (const [id, { kind }] of Object.entries(stages)) {
    if (Object.hasOwn(models, id)) {
      problems.push(
        problemAt(
          resolved.keyPlace(["stages", id]),
          "duplicate-name",
          `"${id}" is the ` +
            `name of a stage and of a model`,
          { expected: "another name for one of them" },
        ),
      );
    }
    kinds.set(id, kind);
  }
  const inputs = new Map<string, readonly Input[]>();
  for (const [id, stage] of Object.entries(stages)) {
    const found: Input[] = [];
    for (const { name, path: within, kinds: allowed } of referencesOf(stage)) {
      const path = ["stages", id, ...within];
      const place = resolved.place(path);
      const subject = `stages.${id}.${within[0]}`;
      const fitting = [...kinds].filter(([other, kind]) =>
        other !== id && kind !== undefined && allowed.includes(kind)
      ).map(([other]) => other);
      if (!kinds.has(name)) {
        const noun = allowed.every((kind) => kind === "model") ? "model" : "stage";
        const suggestion = suggest(name, fitting) ?? suggest(name, kinds.keys());
        const expected = fitting.length === 0
          ? `${article(allowed)}, and there is none`
          : fitting.length === 1
          ? fitting[0]
          : `one of ${fitting.join(", ")}`;
        const message = `${subject} names the unknown ${noun} "${name}"`;
        problems.push(problemAt(place, `unknown-${noun}`, message, { expected, suggestion }));
        continue;
      }
      const kind = kinds.get(name);
      if (kind !== undefined && !allowed.includes(kind)) {
        const what = kind === "model" ? "model" : `${kind} stage`;
        const message = `${subject} names the ${what} "${name}"`;
        const suggestion = fitting.length === 1 ? fitting[0] : undefined;
        problems.push(
          problemAt(place, "wrong-kind", message, { expected: article(allowed), suggestion }),
        );
      }
      const isModel = kind === "model" && !Object.hasOwn(stages, name);
      if (isModel && stage.kind === "eval" && models[name]?.use !== undefined) {
        problems.push(
          problemAt(place, "wrong-kind", `${subject} names the untrained model "${name}"`, {
            expected: "a train stage, or a model with `from`",
          }),
        );
      }
      if (Object.hasOwn(stages, name)) found.push({ to: name, path });
    }
    inputs.set(id, found);
  }
  return { inputs, problems };
}

/** `a tokenize stage`, `a train stage or a model`. */
function article(kinds: readonly string[]): string {
  if (kinds.length > 3) return "a stage of another kind";
  return kinds.map((kind) =>
    kind === "model" ? "a model" : `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind} stage`
  ).join(" or ");
}
