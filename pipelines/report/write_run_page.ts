/** `report.html` of a run folder. */

import { join } from "node:path";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import type { RunPlan } from "../compile/run_plan.ts";
import type { RunReport } from "../compile/run_report.ts";
import { readFolders } from "./page_data.ts";
import { renderPage } from "./render_page.ts";

/** Writes the page about the stages that a run has finished. */
export async function writeRunPage(plan: RunPlan, report: RunReport): Promise<void> {
  const { name, out, seed, threads, devices, engine, resolved } = plan;
  const finished = plan.stages.filter(({ id }) => Object.hasOwn(report.stages, id));
  const stages = finished.map(({ id, inputs }) => ({ id, inputs, ...report.stages[id] }));
  const folders = await readFolders(new Map(finished.map(({ id }) => [id, join(out, id)])));
  const { adapter } = engine;
  const where = { engine: engine.engine, ...(adapter === undefined ? {} : { adapter }) };
  const facts = { seed, ...where, devices, threads };
  await writeFileAtomic(
    join(out, "report.html"),
    renderPage({ name, facts, stages, ...folders, resolved }),
  );
}
