/** What checkpoints of Hugging Face are to models here, in Markdown. */

import { markdownTable } from "../../schema/markdown_table.ts";
import type { Block } from "../block.ts";
import { LAYOUTS } from "../outer_names.ts";

/** The section about checkpoints of the reference of the language. */
export function checkpointParts(blocks: Iterable<Block>): readonly string[] {
  const rows = [...blocks].flatMap(({ name: block, names }) =>
    LAYOUTS.flatMap((layout) =>
      Object.entries(names[layout] ?? {}).map(([id, { name, weight, bias }]) => [
        ...[block, layout, id, name].map(code),
        [weight, bias].filter((dims) => dims !== undefined).map(code).join(", "),
      ])
    )
  );
  return [
    "## Checkpoints of Hugging Face",
    "",
    "`models: {base: {from: DIR}}` is the model of a folder with `config.json` and `model.safetensors`",
    "(or `model.safetensors.index.json` and its files), in float32, bfloat16 or float16, of `model_type`",
    "`llama` (also with `rope_scaling` of `llama3`), `gpt2` or `sluice`. Nothing stands beside `from`:",
    "config.json says it all, and a key of it that would make another model is an error, as is a tensor",
    "that is missing, left over or of another shape, and a weight that is not finite. The sequences of its",
    "data may be shorter than its positions, not longer, and its vocabulary may be larger than that of the",
    "data. A `train` stage begins with its weights; an `eval` stage measures it as it is, and needs its",
    "`tokenizer.json`. `check` opens the files and compares names, shapes and types; `run` reads them whole,",
    "and refuses a checkpoint of a training whose files are not those that its `state/state.json` lists: who",
    "changes them on purpose removes `state/`.",
    "",
    "Where the folder has a `tokenizer.json`, data for the model must have the same tokens:",
    "`tokenizer: {file: DIR/tokenizer.json}`. A folder without it can be trained on any. The tokenizer with its",
    "`tokenizer_config.json`, `special_tokens_map.json` and `chat_template.jinja` goes on into the checkpoints,",
    "and `generation_config.json` too unless documents end with a token that is no `eos_token_id` of config.json.",
    "No template of a tokenizer is applied: documents, prompts and questions are encoded as they stand, without",
    "bos even where transformers would add it, so that losses can differ from those of tools that do.",
    "",
    "The `checkpoint/` of a training is such a folder. It is of type `llama` or `gpt2`, and transformers",
    "loads it, where every parameter has a name there and the model that config.json stands for computes",
    "the very same graph; else it is of type `sluice`, with names and blocks of the pipeline, and the run",
    "says why.",
    "",
    "The names lie beside the nodes of a block, under `names`, by `model_type` and id. A name is one within",
    "the block around it, `repeat` adds the number, and `linear` and `embedding` add `weight` and `bias`.",
    "With dims it is stored in their order, dims in parentheses as one; `part` is the place in a tensor that",
    "holds several side by side in its last dim. A tied head is not stored. Pairs of `rope` are the halves",
    "of a head on both sides.",
    "",
    ...markdownTable(["block", "layout", "id", "name there", "stored weight, bias"], rows),
    "",
  ];
}

function code(text: string): string {
  return `\`${text}\``;
}
