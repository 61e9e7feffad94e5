import { openReferenceDevice } from "../../runtime/reference/open_reference_device.ts";
import {
  compareRows,
  GOLDEN_STEPS,
  goldenCases,
  trainGolden,
} from "../pipelines/model/train_golden.ts";

for (const goldenCase of goldenCases()) {
  const { name, golden } = goldenCase;
  Deno.test(`buildTrainPrograms() trains ${name} like PyTorch on reference`, async () => {
    const rows = await trainGolden(goldenCase, openReferenceDevice, GOLDEN_STEPS);
    compareRows(rows, golden.float64, 1e-6);
  });
}
