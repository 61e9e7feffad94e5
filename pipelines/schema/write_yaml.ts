/** Writing configuration as YAML that this project reads without complaint. */

import { Document, isPair, isScalar, Scalar, visit } from "yaml";
import { wordProblem } from "./_scalar_traps.ts";

/** `value` (plain data) as YAML, without anchors. */
export function writeYaml(value: unknown): string {
  const document = new Document(value, {
    version: "1.2",
    schema: "core",
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar(key, node, path) {
      if (typeof node.value !== "string" || isPair(path.at(-1)) && key === "key") return;
      if (wordProblem(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
    Seq(_, node) {
      if (node.items.every((item) => isScalar(item))) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 100, flowCollectionPadding: false });
}
