/** The `filter` stage: keeps the documents that every rule keeps. */

import { join } from "node:path";
import { writeFileAtomic } from "../../runtime/atomic_file.ts";
import type { StageKind } from "../compile/stage_kind.ts";
import type { FilterConfig } from "../schema/definitions.ts";
import { createDocumentWriter, documentBytes, readDocuments } from "./document_files.ts";
import { compileRule } from "./filter_rules.ts";

/**
 * Rules are asked in order and the first that drops a document gives the reason. Dropped documents
 * go to `dropped-*.jsonl.zst`, with the field `reason`.
 *
 * Metrics: documents_in, kept, dropped, dropped_by (a count for every reason).
 */
export const filterStage: StageKind<FilterConfig> = {
  kind: "filter",
  sources: ["pipelines/data/filter_stage.ts"],
  computes: false,
  async run({ config, dir, input, progress, signal }) {
    const { dir: from } = input(config.from);
    const rules = config.rules.map(compileRule);
    const droppedBy = new Map(rules.flatMap(({ reasons }) => reasons).map((name) => [name, 0]));
    const total = await documentBytes(from);
    let [bytes, seen] = [0, 0];
    const onRead = (count: number) => {
      signal.throwIfAborted();
      bytes += count;
      progress.update(bytes, total, "bytes", `${seen} documents`);
    };
    await using kept = await createDocumentWriter(dir);
    await using dropped = await createDocumentWriter(dir, "dropped");
    for await (const document of readDocuments(from, onRead)) {
      seen++;
      let reason: string | undefined;
      for (const rule of rules) {
        reason = rule.drop(document);
        if (reason !== undefined) break;
      }
      if (reason === undefined) await kept.write(document);
      else {
        droppedBy.set(reason, (droppedBy.get(reason) ?? 0) + 1);
        await dropped.write(document, { reason });
      }
    }
    const stats = await kept.close();
    const droppedStats = await dropped.close();
    await writeFileAtomic(join(dir, "stats.json"), JSON.stringify(stats, null, 2) + "\n");
    return {
      documents_in: seen,
      kept: stats.documents,
      dropped: droppedStats.documents,
      dropped_by: Object.fromEntries(droppedBy),
    };
  },
};
