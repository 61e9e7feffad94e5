/** Models and blocks from a YAML text, as the front resolves them. */

import { blocksOf } from "../../../pipelines/model/blocks_of.ts";
import type { ModelSource } from "../../../pipelines/model/compile_model.ts";
import { defaulted, map, object } from "../../../pipelines/schema/define.ts";
import { blockDef, modelDef } from "../../../pipelines/schema/definitions.ts";
import { fill } from "../../../pipelines/schema/fill.ts";
import { loadYaml } from "../../../pipelines/schema/load_yaml.ts";
import { nameShape } from "../../../pipelines/schema/names.ts";
import { PipelineError } from "../../../pipelines/schema/problem.ts";
import { locate, type Path, type Place } from "../../../pipelines/schema/tree.ts";
import { validate } from "../../../pipelines/schema/validate.ts";

const partsDef = object("Models and blocks.", {
  models: defaulted(map("Models.", nameShape, modelDef), {}),
  blocks: defaulted(map("Blocks.", nameShape, blockDef), {}),
});

/**
 * Reads `models` and `blocks`; a path in `flags` was set by `--set`. Throws a PipelineError for what
 * is wrong with the blocks.
 */
export function modelSource(text: string, flags: readonly string[] = []): ModelSource {
  const source = { name: "pipeline.yaml", folder: "/", flag: false };
  const { tree, problems } = loadYaml(text, source);
  if (!tree || problems.length > 0) throw new PipelineError(problems);
  const found = validate(partsDef, tree).map(({ problem }) => problem);
  if (found.length > 0) throw new PipelineError(found);
  const { models, blocks } = fill(partsDef, tree, { stages: new Set() });
  const place = (path: Path): Place => {
    const name = path.join(".");
    if (flags.includes(name)) {
      return { source: { name: `--set ${name}`, folder: "/", flag: true }, line: 1, column: 1 };
    }
    const at = locate(tree, path);
    return at.key ?? at.tree.place;
  };
  const wrong: PipelineError["problems"][number][] = [];
  const all = blocksOf(blocks, place, wrong);
  if (wrong.length > 0) throw new PipelineError(wrong);
  return { models, blocks: all, locate: place };
}
