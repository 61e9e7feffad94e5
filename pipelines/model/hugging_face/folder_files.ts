/** Names of the files of a Hugging Face folder beside config.json and the weights. */

import { TOKENIZER_CONFIG } from "../../data/tokenizer/tokenizer.ts";

/** The tokenizer. */
export const TOKENIZER = "tokenizer.json";

/** The tokenizer and what programs are told about it. */
export const TOKENIZER_FILES: readonly string[] = [
  TOKENIZER,
  TOKENIZER_CONFIG,
  "special_tokens_map.json",
  "chat_template.jinja",
];

/** How programs write texts with the model. */
export const GENERATION_CONFIG = "generation_config.json";
