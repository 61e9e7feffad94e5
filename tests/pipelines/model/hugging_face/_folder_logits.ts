/** Models from folders of Hugging Face, alone or on a device. */

import { rewriteGraph } from "../../../../graph/ir/rewrite.ts";
import { makePlan } from "../../../../graph/plan/make_plan.ts";
import { modelSource } from "../../../../pipelines/compile/model_source.ts";
import { compileModel } from "../../../../pipelines/model/compile_model.ts";
import {
  type ModelFolder,
  readFolder,
} from "../../../../pipelines/model/hugging_face/read_folder.ts";
import { readParameters } from "../../../../pipelines/model/hugging_face/read_parameters.ts";
import type { Model } from "../../../../pipelines/model/model.ts";
import { logitsProgram } from "../../../../pipelines/model/step_program.ts";
import { disk } from "../../../../pipelines/schema/file_system.ts";
import type { Elements } from "../../../../runtime/device.ts";
import { openDevice } from "../../../../runtime/open_device.ts";

/** The model of a folder for sequences of `seq` tokens. */
export function folderModel(folder: string, seq: number): Model {
  const found = readFolder(folder, disk);
  if ("message" in found) throw new Error(found.message);
  return compileFolder(found, seq);
}

/** The model that a folder was found to be. */
export function compileFolder(found: ModelFolder, seq: number): Model {
  const place = { source: { name: "p.yaml", folder: "/", flag: false }, line: 1, column: 1 };
  const source = { models: {}, blocks: {}, folders: { m: found }, locate: () => place };
  return compileModel(modelSource(source), "m", { seq });
}

/** Logits f32[batch seq vocab] of the model of a folder, row-major. */
export async function folderLogits(
  folder: string,
  tokens: readonly (readonly number[])[],
  engine: "wasm" | "reference" | "webgpu",
): Promise<Elements> {
  const model = folderModel(folder, tokens[0].length);
  const plan = makePlan({ logits: rewriteGraph(logitsProgram(model, tokens.length)) });
  const device = await openDevice(plan, { engine, threads: 1 });
  try {
    for await (const [name, values] of readParameters(folder, model)) {
      device.write(`param/${name}`, values);
    }
    device.write("tokens", tokens.flat());
    device.run("logits");
    return await device.read("logits");
  } finally {
    await device.close();
  }
}
