import assert from "node:assert/strict";
import { openReferenceDevice } from "../../../runtime/reference/open_reference_device.ts";
import { openWasmDevice } from "../../../runtime/wasm/open_wasm_device.ts";
import { openWebgpuDevice } from "../../../runtime/webgpu/open_webgpu_device.ts";
import { webgpuTest } from "../../webgpu_engine.ts";
import { compareRows, GOLDEN_STEPS, goldenCases, trainGolden } from "./train_golden.ts";

for (const goldenCase of goldenCases()) {
  const { name, golden, model } = goldenCase;

  Deno.test(`compileModel() makes the parameters of PyTorch's ${name}`, () => {
    const shapes = Object.fromEntries(
      model.parameters.map(({ name, type }) => [name, type.dims.map(({ size }) => size)]),
    );
    assert.deepEqual(shapes, golden.shapes);
  });

  // All steps take half a minute; they are in the slow tier.
  Deno.test(`buildTrainPrograms() begins ${name} like PyTorch on reference`, async () => {
    const rows = await trainGolden(goldenCase, openReferenceDevice, 2);
    compareRows(rows, golden.float64, 1e-6);
  });

  Deno.test(`buildTrainPrograms() trains ${name} like PyTorch on wasm, whatever the threads`, async () => {
    const run = (threads: number) =>
      trainGolden(goldenCase, (plan) => openWasmDevice(plan, { threads }), GOLDEN_STEPS);
    const rows = await run(1);
    compareRows(rows, golden.float64, 1e-5);
    assert.deepEqual(await run(2), rows);
  });

  webgpuTest(`buildTrainPrograms() trains ${name} like PyTorch on webgpu`, async () => {
    const rows = await trainGolden(goldenCase, (plan) => openWebgpuDevice(plan), GOLDEN_STEPS);
    compareRows(rows, golden.float64, 1e-5);
  });
}
