import assert from "node:assert/strict";
import { withFolder } from "../pipelines/compile/_with_folder.ts";
import { checkFault, prepare, type Situation } from "./_check_fault.ts";
import type { Fault } from "./faulty_disk.ts";

/** Names that every stage has: one of them stands for the others. */
const COMMON = /^(?!lock$)\w+(\.partial(\/sluice_key|\/stage\.json)?)?$/;

/** A call for each file that is changed, an operation of each of them in turn. */
function sample({ calls }: Situation): number[] {
  const byFile = new Map<string, number[]>();
  calls.forEach(({ path }, at) => {
    const [folder, ...rest] = path.replace(/\.tmp$/, "").split("/");
    const whole = rest.length === 0 ? folder : `${folder}/${rest.at(-1)}`;
    const file = whole.replace(COMMON, "STAGE$1");
    byFile.set(file, [...byFile.get(file) ?? [], at]);
  });
  return [...byFile.values()].map((found, i) => found[(i * 7) % found.length]);
}

const FAULTS: readonly Fault[] = ["error", "full", "kill", "short"];

Deno.test("a run on a disk that fails loses nothing that was finished, and runs again to the same end", () =>
  withFolder(async (dir) => {
    const situation = await prepare(dir);
    const outcomes = { failed: 0, "went on": 0 };
    for (const [i, at] of sample(situation).entries()) {
      const { op } = situation.calls[at];
      const fault = FAULTS[i % (op === "write" ? 4 : 3)];
      outcomes[await checkFault(situation, fault, at)]++;
    }
    assert.ok(outcomes.failed > 20, JSON.stringify(outcomes));
  }));

Deno.test("a run on a disk that fails leaves an older run in its folder usable", () =>
  withFolder(async (dir) => {
    const situation = await prepare(dir, { steps: 2, prompt: "and" });
    const picked = sample(situation).filter((_, i) => i % 5 === 0);
    let failed = 0;
    for (const [i, at] of picked.entries()) {
      const outcome = await checkFault(situation, (["error", "full", "kill"] as const)[i % 3], at);
      if (outcome === "failed") failed++;
    }
    assert.ok(failed > picked.length / 2, `${failed} of ${picked.length}`);
  }));
