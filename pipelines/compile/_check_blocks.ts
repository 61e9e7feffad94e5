/** References of models and blocks to blocks. */

import { maxSuggested, problemAt } from "../schema/problem.ts";
import type { Problem } from "../schema/problem.ts";
import type { ResolvedPipeline } from "../schema/resolve.ts";
import type { Filler, NodeConfig } from "../schema/definitions.ts";
import { oneOfWords, suggest } from "../schema/suggest.ts";
import type { Path } from "../schema/tree.ts";
import { sortGraph } from "./_sort_graph.ts";

/** A name of a block and where it stands. */
interface Use {
  readonly to: string;
  readonly path: Path;
}

/**
 * Names that are no block of the pipeline, no slot and none of the `library`, and blocks of the
 * pipeline that contain themselves. Without a library, unknown names are not looked for.
 */
export function checkBlocks(
  resolved: ResolvedPipeline,
  library: readonly string[] | undefined,
  broken: readonly string[],
): readonly Problem[] {
  const { models, blocks } = resolved.config;
  const problems: Problem[] = [];
  const known = library === undefined
    ? undefined
    : new Set([...Object.keys(blocks), ...broken, ...library]);
  const check = (use: Use, slots: readonly string[]) => {
    if (known === undefined || slots.includes(use.to) || known.has(use.to)) return;
    const near = problems.length < maxSuggested ? [...slots, ...known] : [];
    const suggestion = suggest(use.to, near);
    const expected = suggestion === undefined && near.length > 0 ? oneOfWords(near) : undefined;
    const message = `unknown block "${use.to}"`;
    const place = resolved.place(use.path);
    problems.push(problemAt(place, "unknown-block", message, { expected, suggestion }));
  };
  for (const [name, model] of Object.entries(models)) {
    for (const use of usesOf(model, ["models", name])) check(use, []);
  }
  const inside = new Map<string, readonly Use[]>();
  for (const [name, block] of Object.entries(blocks)) {
    const path = ["blocks", name];
    const slots = Object.keys(block.slots);
    const uses = [
      ...Object.entries(block.slots).flatMap(([slot, filler]) =>
        filler === null ? [] : usesOf(filler, [...path, "slots", slot])
      ),
      ...block.nodes.flatMap((node, index) => usesOf(node, [...path, "nodes", index])),
    ];
    for (const use of uses) check(use, slots);
    inside.set(name, uses.filter((use) => !slots.includes(use.to)));
  }
  const { circles } = sortGraph([...inside.keys()], (name) => inside.get(name) ?? []);
  for (const { edge, names } of circles) {
    const message = names.length === 2
      ? `block ${edge.to} contains itself`
      : `blocks contain each other in a circle: ${names.join(" -> ")}`;
    problems.push(problemAt(resolved.place(edge.path), "cycle", message));
  }
  return problems;
}

function usesOf(owner: Filler | NodeConfig | { use?: string }, path: Path): readonly Use[] {
  const own = owner.use === undefined ? [] : [{ to: owner.use, path: [...path, "use"] }];
  const slots = "with" in owner ? owner.with ?? {} : {};
  const inner = Object.entries(slots).flatMap(([slot, filler]) =>
    usesOf(filler, [...path, "with", slot])
  );
  return [...own, ...inner];
}
