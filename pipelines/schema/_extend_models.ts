/** Applying `extends` between the models of a pipeline. */

import { merge, withEntry, without } from "./merge.ts";
import { maxSuggested, problemAt } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { suggest } from "./suggest.ts";
import type { Branch, Tree } from "./tree.ts";

/** Keys of a model that mean the same in every block: all others are attributes of its block. */
const general = ["use", "from", "dims"];

/** Longest chain of models that extend each other. */
const maxChain = 32;

/** Models, complete. */
export interface Extended {
  readonly tree: Tree;
  readonly problems: readonly Problem[];
  /** Names of the models whose base is missing or goes in a circle. */
  readonly broken: readonly string[];
}

/**
 * `tree` with every model complete in itself. Maps merge; a model that uses another block than its
 * base takes over the dims alone, as attributes and slots belong to the block.
 */
export function extendModels(tree: Tree): Extended {
  const problems: Problem[] = [];
  const broken: string[] = [];
  const entry = tree.type === "map" ? tree.entries.get("models") : undefined;
  if (tree.type !== "map" || entry?.value.type !== "map") return { tree, problems, broken };
  const models = entry.value;
  const done = new Map<string, Tree>();

  const complete = (name: string, model: Tree, chain: readonly string[]): Tree => {
    const known = done.get(name);
    if (known) return known;
    const base = model.type === "map" ? model.entries.get("extends")?.value : undefined;
    if (model.type !== "map" || base?.type !== "scalar" || typeof base.value !== "string") {
      return model;
    }
    const own = without(model, "extends");
    const below = models.entries.get(base.value)?.value;
    const here = [...chain, name];
    let result: Tree = own;
    if (here.includes(base.value)) {
      const circle = [...here.slice(here.indexOf(base.value)), base.value].join(" -> ");
      const message = `models extend each other in a circle: ${circle}`;
      problems.push(problemAt(base.place, "cycle", message));
      broken.push(...here);
    } else if (here.length > maxChain) {
      const message = "too many models extend each other";
      problems.push(
        problemAt(base.place, "too-deep", message, { expected: `at most ${maxChain}` }),
      );
      broken.push(...here);
    } else if (below === undefined) {
      broken.push(...here);
      const near = problems.length < maxSuggested;
      const suggestion = near ? suggest(base.value, models.entries.keys()) : undefined;
      const message = `unknown model "${base.value}"`;
      const others = [...models.entries.keys()].slice(0, 20).filter((other) => other !== name);
      const expected = suggestion === undefined && others.length > 0
        ? others.join(" or ")
        : undefined;
      problems.push(problemAt(base.place, "unknown-model", message, { expected, suggestion }));
    } else {
      const full = complete(base.value, below, here);
      result = full.type === "map" ? merge(heritage(full, own), own) : own;
    }
    done.set(name, result);
    return result;
  };

  const all = [...models.entries].map(([name, { key, value }]) =>
    [name, { key, value: complete(name, value, []) }] as const
  );
  const value: Branch = { ...models, entries: new Map(all) };
  return { tree: withEntry(tree, "models", { ...entry, value }), problems, broken };
}

/** What of `base` goes over to `own`. */
function heritage(base: Branch, own: Branch): Branch {
  const block = (model: Branch) => {
    const use = model.entries.get("use")?.value;
    return use?.type === "scalar" ? use.value : undefined;
  };
  const another = own.entries.has("from") ||
    block(own) !== undefined && block(own) !== block(base);
  if (!another) return base;
  const kept = [...base.entries].filter(([key]) =>
    general.includes(key) && !(key === "use" && own.entries.has("from")) &&
    !(key === "from" && own.entries.has("use"))
  );
  return { ...base, entries: new Map(kept) };
}
