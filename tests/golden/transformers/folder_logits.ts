/**
 * Prints the logits of the model of a folder as JSON, for `check_export.py`:
 * `deno run -R -E folder_logits.ts FOLDER '[[1, 2, 3]]'`.
 */

import { folderLogits } from "../../pipelines/model/hugging_face/_folder_logits.ts";

const [folder, tokens] = Deno.args;
console.log(JSON.stringify([...await folderLogits(folder, JSON.parse(tokens), "wasm")]));
