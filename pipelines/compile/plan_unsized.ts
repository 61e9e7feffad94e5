/** What a training will cost as far as that can be said before its vocabulary is known. */

import { formatType, type TensorType } from "../../graph/ir/tensor.ts";
import { describeModel } from "../model/describe_model.ts";
import type { Model } from "../model/model.ts";

/** A number that grows with the vocabulary: about `fixed + per_vocab * vocab`, in whole numbers. */
export interface VocabSum {
  readonly fixed: number;
  readonly per_vocab: number;
}

/** A model whose vocabulary is not known yet. */
export interface UnsizedModel {
  readonly name: string;
  readonly vocab_known: false;
  /** Sizes of the dims but vocab. */
  readonly dims: Readonly<Record<string, number>>;
  readonly params: VocabSum;
  readonly flops_per_token: VocabSum;
  /** Types as text, with `vocab=?`; the number of elements of those that do not depend on it. */
  readonly parameters: readonly {
    readonly name: string;
    readonly type: string;
    readonly elements?: number;
  }[];
}

/** Two sizes of a vocabulary: enough to tell what is proportional to it. */
const [SMALL, LARGE] = [1 << 10, 1 << 11];

/** Describes a model that `compile` makes for any size of the vocabulary. */
export function describeUnsized(compile: (vocab: number) => Model): UnsizedModel {
  const model = compile(SMALL);
  const [small, large] = [describeModel(model), describeModel(compile(LARGE))];
  const { vocab: _, ...dims } = model.dims;
  return {
    name: model.name,
    vocab_known: false,
    dims,
    params: vocabSum(small.params, large.params),
    flops_per_token: vocabSum(small.flops_per_token, large.flops_per_token),
    parameters: small.parameters.map(({ name, type, elements }) => ({
      name,
      type: unsized(type),
      ...(type.dims.some(({ name }) => name === "vocab") ? {} : { elements }),
    })),
  };
}

function vocabSum(small: number, large: number): VocabSum {
  const per_vocab = Math.round((large - small) / (LARGE - SMALL));
  return { fixed: small - per_vocab * SMALL, per_vocab };
}

function unsized(type: TensorType): string {
  return formatType(type).replaceAll(`vocab=${SMALL}`, "vocab=?");
}
