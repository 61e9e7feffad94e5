/// <reference lib="deno.worker" />
/** A Worker that trains on a device that does not come back, and is less patient than real ones. */

import { createBuilder } from "../../../../graph/ir/build.ts";
import { tensor } from "../../../../graph/ir/tensor.ts";
import { makePlan } from "../../../../graph/plan/make_plan.ts";
import type { FromRun } from "../../../../pipelines/cli/run_messages.ts";
import { withPurpose } from "../../../../runtime/device.ts";
import { openWebgpuDevice } from "../../../../runtime/webgpu/open_webgpu_device.ts";
import { endless } from "../../../runtime/_test_ops.ts";

const send = (message: FromRun) => self.postMessage(message);
self.onmessage = async () => {
  const builder = createBuilder();
  builder.origin = { location: "toy.yaml:3:5", path: "model.a" };
  const [y] = builder.call(endless, [builder.input("x", tensor({ row: 64 }))]);
  const onWait = {
    onWait: (wait: Extract<FromRun, { type: "wait" }>["wait"]) => send({ type: "wait", wait }),
  };
  const device = await openWebgpuDevice(makePlan({ step: builder.finish({ y }) }), {
    ...withPurpose(onWait, () => "steps 3 to 4 of model"),
    patienceMs: 50,
  });
  device.run("step");
  device.snapshot(["y"]);
  // Drivers differ in what blocks: this submission, or the reading.
  device.run("step");
  await device.read("y");
  send({ type: "failed", message: "the device came back" });
};
send({ type: "ready" });
