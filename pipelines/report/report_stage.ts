/** The `report` stage: a page about some stages, to keep or to hand on. */

import { join } from "node:path";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import { readRecord } from "../compile/stage_record.ts";
import type { StageContext, StageKind } from "../compile/stage_kind.ts";
import type { ReportConfig } from "../schema/definitions.ts";
import { readFolders } from "./page_data.ts";
import { renderPage } from "./render_page.ts";

/** Writes `report.html` in the stage's folder, about the stages of `from`. No metrics. */
export const reportStage: StageKind<Pick<ReportConfig, "from">> = {
  kind: "report",
  sources: ["pipelines/report/report_stage.ts"],
  computes: false,
  async run({ id, config, dir, input }: StageContext<Pick<ReportConfig, "from">>) {
    const outputs = config.from.map((name) => input(name));
    const stages = await Promise.all(outputs.map(async ({ id, kind, metrics, dir }) => {
      const record = await readRecord(dir);
      const inputs = Object.keys(record?.inputs ?? {}).filter((name) => config.from.includes(name));
      return { id, kind, metrics, inputs, ...(record ? { seconds: record.seconds } : {}) };
    }));
    const folders = await readFolders(new Map(outputs.map(({ id, dir }) => [id, dir])));
    const page = renderPage({ name: id, facts: {}, stages, ...folders });
    await writeFileAtomic(join(dir, "report.html"), page);
    return {};
  },
};
