/** What of a pipeline's models and blocks a stage depends on. */

import { blockDef, modelDef } from "../schema/definitions.ts";
import type { Filler, NodeConfig, PipelineConfig } from "../schema/definitions.ts";
import { unfill } from "../schema/fill.ts";

/** A map of JSON. */
type Plain = Readonly<Record<string, unknown>>;

/** The names of blocks that a node or a filler names, at any depth. */
function blocksNamed(
  { use, with: slots }: Pick<Filler, "use" | "with"> | NodeConfig,
): readonly string[] {
  const inner = Object.values(slots ?? {}).flatMap(blocksNamed);
  return use === undefined ? inner : [use, ...inner];
}

/**
 * The models called `names` and every block of the pipeline that they reach, without paths, as
 * plain data; empty if there are none.
 */
export function keyedModels(
  config: Pick<PipelineConfig, "models" | "blocks">,
  names: readonly string[],
): { readonly models?: readonly Plain[]; readonly blocks?: Plain } {
  if (names.length === 0) return {};
  const reached = new Set<string>();
  const open = names.flatMap((name) => blocksNamed(config.models[name]));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name) || !Object.hasOwn(config.blocks, name)) continue;
    reached.add(name);
    const { nodes, slots } = config.blocks[name];
    const defaults = Object.values(slots).filter((filler) => filler !== null);
    open.push(...[...nodes, ...defaults].flatMap(blocksNamed));
  }
  return {
    models: names.map((name) => unfill(modelDef, config.models[name], undefined) as Plain),
    blocks: Object.fromEntries(
      [...reached].sort().map((name) => {
        const block = unfill(blockDef, config.blocks[name], undefined) as Plain;
        // What a block says to people changes nothing.
        return [name, { ...block, doc: undefined }];
      }),
    ),
  };
}
