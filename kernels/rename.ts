/** Gives dims other names; no data moves. */

import { defineOp } from "../graph/ir/define_op.ts";
import type { Attrs } from "../graph/ir/op.ts";
import type { TensorType } from "../graph/ir/tensor.ts";
import { checkNames, dimNames, namesOf } from "./_dims.ts";

/**
 * Renames the dims `from` to `to`, pairwise: attention's keys call `seq` by another name than its
 * queries. A renamed dim must be whole, since the two names may be sharded differently.
 */
export const rename = defineOp({
  name: "rename",
  doc: "Gives dims of x other names.",
  inputs: ["x"],
  outputs: ["y"],
  attrs: {
    from: { doc: "names of dims of x" },
    to: { doc: "their names in the result" },
  },
  dtypes: { x: "any", y: "any" },
  signature([{ dims }], { from }) {
    const old = namesOf(from);
    const renamed = dims.map(({ name }) => old.includes(name) ? `${variableOf(old, name)}!` : name);
    return `${dimNames(dims, old)} -> ${renamed.join(" ")}`;
  },
  outputDims([{ dims }], { from, to }) {
    const old = namesOf(from);
    const pairs = dims.filter(({ name }) => old.includes(name)).map(({ name, size }) => [
      variableOf(old, name),
      { name: namesOf(to)[old.indexOf(name)], size },
    ]);
    return Object.fromEntries(pairs);
  },
  check: checkRename,
  linear: ["x"],
  alias: () => true,
  flops: () => 0,
  reference: ([x]) => [x.slice()],
  vjp(builder, { attrs: { from, to } }, [dy]) {
    return dy ? builder.call(rename, [dy], { from: to, to: from }) : [undefined];
  },
});

/** Upper case, so that it is not mistaken for a dim of x that has the new name. */
function variableOf(old: readonly string[], name: string): string {
  return `R${old.indexOf(name)}`;
}

function checkRename([x]: readonly TensorType[], { from, to }: Attrs) {
  checkNames(x, namesOf(from));
  if (namesOf(from).length !== namesOf(to).length) {
    throw new RangeError(
      `from names ${namesOf(from).length} dims but to names ${namesOf(to).length}`,
    );
  }
}
