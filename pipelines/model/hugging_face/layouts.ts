/** The table of layouts of checkpoints. */

import type { LayoutName } from "../outer_names.ts";
import { gpt2 } from "./gpt2.ts";
import type { Layout } from "./layout.ts";
import { llama } from "./llama.ts";

/** Every layout of transformers that can be read and written. */
export const layouts: Readonly<Record<LayoutName, Layout>> = { llama, gpt2 };

/**
 * The `model_type` of models that transformers does not have: tensors are as the parameters here.
 */
export const SLUICE = "sluice";

/** The layout of a `model_type`; undefined if it is neither in the table nor `sluice`. */
export function layoutOf(modelType: unknown): Layout | typeof SLUICE | undefined {
  if (modelType === SLUICE) return SLUICE;
  return typeof modelType === "string" && Object.hasOwn(layouts, modelType)
    ? layouts[modelType as LayoutName]
    : undefined;
}
