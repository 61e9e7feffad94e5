import { checkFault, prepare } from "../faults/_check_fault.ts";
import type { Fault } from "../faults/faulty_disk.ts";
import { withFolder } from "../pipelines/compile/_with_folder.ts";

const FAULTS: readonly Fault[] = ["error", "full", "kill", "short"];

for (const older of [undefined, { steps: 2, prompt: "and" }]) {
  const where = older === undefined ? "in a new folder" : "in the folder of an older run";
  for (const fault of FAULTS.filter((fault) => older === undefined || fault !== "short")) {
    Deno.test(`a run ${where} outlives a fault at each call that changes the disk: ${fault}`, () =>
      withFolder(async (dir) => {
        const situation = await prepare(dir, older);
        for (const [at, { op }] of situation.calls.entries()) {
          if (fault !== "short" || op === "write") await checkFault(situation, fault, at);
        }
      }));
  }
}
