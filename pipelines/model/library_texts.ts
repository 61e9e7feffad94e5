/** The texts of the library of blocks, imported so that a running pipeline need not read them. */

import attention from "../blocks/attention.yaml" with { type: "text" };
import decoder from "../blocks/decoder.yaml" with { type: "text" };
import geluMlp from "../blocks/gelu_mlp.yaml" with { type: "text" };
import gpt2 from "../blocks/gpt2.yaml" with { type: "text" };
import gpt2Attention from "../blocks/gpt2_attention.yaml" with { type: "text" };
import layer from "../blocks/layer.yaml" with { type: "text" };
import layerNorm from "../blocks/layer_norm.yaml" with { type: "text" };
import rmsNorm from "../blocks/rms_norm.yaml" with { type: "text" };
import swiglu from "../blocks/swiglu.yaml" with { type: "text" };

/** Text of `pipelines/blocks/NAME.yaml` by block name. */
export const libraryTexts: Readonly<Record<string, string>> = {
  attention,
  decoder,
  gelu_mlp: geluMlp,
  gpt2,
  gpt2_attention: gpt2Attention,
  layer,
  layer_norm: layerNorm,
  rms_norm: rmsNorm,
  swiglu,
};
