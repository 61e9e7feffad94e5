/** The blocks a pipeline's models may use: its own and those of the library. */

import { ops } from "../../kernels/mod.ts";
import { type BlockConfig, blockDef } from "../schema/definitions.ts";
import { fill } from "../schema/fill.ts";
import { loadYaml } from "../schema/load_yaml.ts";
import { PipelineError, type Problem } from "../schema/problem.ts";
import { locate as locateIn, type Path } from "../schema/tree.ts";
import { validate } from "../schema/validate.ts";
import { type Block, type Blocks, type Locate, readBlock } from "./block.ts";
import { checkBlock } from "./check_block.ts";
import { libraryTexts } from "./library_texts.ts";

/**
 * The blocks of a pipeline beside those of the library; one of the same name hides the library's.
 * What is wrong with a block is added to `problems`.
 */
export function blocksOf(
  configs: Readonly<Record<string, BlockConfig>>,
  locate: Locate,
  problems: Problem[],
): Blocks {
  const blocks = new Map(library());
  const own = Object.entries(configs).map(([name, config]) =>
    readBlock(name, config, ["blocks", name], locate)
  );
  for (const block of own) blocks.set(block.name, block);
  for (const block of own) problems.push(...checkBlock(block, { ops, blocks }));
  return blocks;
}

let loaded: Blocks | undefined;

/** The library, read once. Throws a PipelineError if a file of it is not right. */
export function library(): Blocks {
  loaded ??= new Map(
    Object.entries(libraryTexts).map(([name, text]) => [name, libraryBlock(name, text)]),
  );
  return loaded;
}

function libraryBlock(name: string, text: string): Block {
  const source = { name: `pipelines/blocks/${name}.yaml`, folder: "/", flag: false, library: true };
  const { tree, problems } = loadYaml(text, source);
  if (!tree || problems.length > 0) throw new PipelineError(problems);
  const found = validate(blockDef, tree).map(({ problem }) => problem);
  if (found.length > 0) throw new PipelineError(found);
  const config = fill(blockDef, tree, { stages: new Set() });
  const locate = (path: Path, part?: "key") => {
    const { tree: value, key } = locateIn(tree, path);
    return part === "key" && key ? key : value.place;
  };
  return readBlock(name, config, [], locate);
}
