/** A trained model on a device, with the programs that measure it. */

import { type Device, withPurpose } from "../../runtime/device.ts";
import { openDevice } from "../../runtime/open_device.ts";
import type { Compute } from "../compile/stage_kind.ts";
import { type EvaluatorShapes, type EvaluatorSizes, planEvaluator } from "./plan_evaluator.ts";
import type { TrainedModel } from "./trained_model.ts";

/** A device with the parameters of a model and the programs of `planEvaluator`. */
export interface Evaluator extends EvaluatorShapes {
  readonly device: Device;
}

/** Puts a model on a device. Close the device when done. */
export async function openEvaluator(
  trained: TrainedModel,
  { compute, ...sizes }: EvaluatorSizes & { readonly compute: Compute },
): Promise<Evaluator> {
  const { plan, shapes } = planEvaluator(trained, sizes);
  const device = await openDevice(plan, {
    ...compute,
    ...withPurpose(compute, () => `measuring ${trained.name}`),
  });
  try {
    for await (const [name, values] of trained.parameters()) device.write(`param/${name}`, values);
  } catch (error) {
    await device.close();
    throw error;
  }
  return { device, ...shapes };
}
