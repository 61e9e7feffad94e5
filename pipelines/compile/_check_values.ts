/** What a schema cannot say: values that must fit each other. */

import { parseWhere, WhereError } from "../data/parse_where.ts";
import type { StageConfig } from "../schema/definitions.ts";
import { commonDims } from "../schema/names.ts";
import { maxSuggested, problemAt } from "../schema/problem.ts";
import type { Problem } from "../schema/problem.ts";
import type { ResolvedPipeline } from "../schema/resolve.ts";
import { oneOfWords, suggest } from "../schema/suggest.ts";
import type { Path } from "../schema/tree.ts";

/** Adds a problem with the value at a path. */
type Report = (path: Path, message: string, more?: {
  readonly expected?: string;
  readonly suggestion?: string | undefined;
  readonly code?: string;
  /** Points at the key instead of the value. */
  readonly atKey?: boolean;
}) => void;

/** Names of files in the run folder that a stage's folder must not take. */
const reserved = ["lock"];

/** Problems with values that are each right by themselves. */
export function checkValues(resolved: ResolvedPipeline): readonly Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, message, { code = "wrong-value", atKey, ...more } = {}) => {
    const place = atKey ? resolved.keyPlace(path) : resolved.place(path);
    problems.push(problemAt(place, code, message, more));
  };
  checkMesh(resolved, report);
  checkModels(resolved, report);
  for (const [id, stage] of Object.entries(resolved.config.stages)) {
    if (reserved.includes(id)) {
      report(["stages", id], `"${id}" cannot be a stage: the run folder has a file of that name`, {
        code: "bad-name",
        atKey: true,
      });
    }
    checkStage(id, stage, report);
  }
  return problems;
}

function checkMesh({ config: { mesh, sharding, models } }: ResolvedPipeline, report: Report) {
  const autos = Object.entries(mesh).filter(([, size]) => size === "auto").map(([axis]) => axis);
  for (const axis of autos.slice(1)) {
    report(["mesh", axis], `mesh.${axis} is auto as well as mesh.${autos[0]}`, {
      expected: "one auto at most",
    });
  }
  const dims = new Set([
    ...commonDims,
    ...Object.values(models).flatMap((m) => Object.keys(m.dims)),
  ]);
  let unknown = 0;
  for (const [key, placements] of Object.entries(sharding)) {
    if (typeof placements === "string") continue;
    for (const [dim, axes] of Object.entries(placements)) {
      const path = ["sharding", key, dim];
      if (!dims.has(dim)) {
        const suggestion = unknown++ < maxSuggested ? suggest(dim, dims) : undefined;
        const expected = suggestion === undefined ? oneOfWords(commonDims) : undefined;
        report(path, `unknown dim "${dim}" in sharding.${key}`, {
          code: "unknown-dim",
          atKey: true,
          ...(expected === undefined ? {} : { expected }),
          suggestion,
        });
      }
      const twice = axes.findIndex((axis, index) => axes.indexOf(axis) < index);
      if (twice >= 0) {
        report([...path, twice], `${path.join(".")} has the axis ${axes[twice]} twice`, {
          expected: "each axis once",
        });
      }
    }
  }
}

function checkModels({ config: { models } }: ResolvedPipeline, report: Report) {
  for (const [name, model] of Object.entries(models)) {
    const path = ["models", name];
    if (model.use === undefined && model.from === undefined) {
      report(path, `models.${name} lacks "use", "extends" or "from"`, { code: "missing-key" });
    } else if (model.use !== undefined && model.from !== undefined) {
      report([...path, "from"], `models.${name} has "use" and "from"`, {
        code: "conflict",
        expected: "only one of them",
        atKey: true,
      });
    }
    if (model.use === undefined && model.from !== undefined) {
      const parts = [
        ...Object.keys(model.dims).map((dim) => ["dims", dim]),
        ...Object.keys(model.with ?? {}).map((slot) => ["with", slot]),
        ...Object.keys(model.attributes).map((key) => [key]),
      ];
      for (const within of parts) {
        report([...path, ...within], `models.${name} has "${within.join(".")}" beside "from"`, {
          code: "conflict",
          expected: "nothing else: config.json there says it all",
          atKey: true,
        });
      }
    }
    for (const [dim, size] of Object.entries(model.dims)) {
      if (size === "auto" && dim !== "vocab") {
        report([...path, "dims", dim], `models.${name}.dims.${dim} is auto`, {
          expected: "a size; auto is for vocab",
        });
      }
    }
  }
}

function checkStage(id: string, stage: StageConfig, report: Report): void {
  const path = ["stages", id];
  const name = path.join(".");
  if (stage.kind === "filter") {
    for (const [index, rule] of stage.rules.entries()) {
      const at = [...path, "rules", index];
      if (rule.where !== undefined) checkWhere([...at, "where"], rule.where, report);
      if (rule.length === undefined) continue;
      const { min, max } = rule.length;
      if (min === undefined && max === undefined) {
        report([...at, "length"], `${name}.rules.${index}.length lacks "min" or "max"`, {
          code: "missing-key",
        });
      } else if (min !== undefined && max !== undefined && min > max) {
        const expected = `at most max, which is ${max}`;
        report([...at, "length", "min"], `${name}.rules.${index}.length.min is ${min}`, {
          expected,
        });
      }
    }
  } else if (stage.kind === "tokenize") {
    const { train, vocab } = stage.tokenizer;
    const at = [...path, "tokenizer"];
    if (train === "bpe" && vocab === undefined) {
      report(at, `${name}.tokenizer lacks "vocab"`, { code: "missing-key" });
    } else if (train === "char" && vocab !== undefined) {
      report([...at, "vocab"], `"vocab" in ${name}.tokenizer goes with "train: bpe"`, {
        code: "unknown-key",
        atKey: true,
      });
    }
  } else if (stage.kind === "train") {
    checkTrain(path, stage, report);
  } else if (stage.kind === "eval") {
    const { data, questions, generate } = stage;
    if (data === undefined && questions === undefined && generate === undefined) {
      report(path, `${name} lacks "data", "questions" or "generate"`, { code: "missing-key" });
    }
  }
}

function checkWhere(path: Path, expression: string, report: Report): void {
  try {
    parseWhere(expression);
  } catch (error) {
    if (!(error instanceof WhereError)) throw error;
    report(path, error.message.charAt(0).toLowerCase() + error.message.slice(1), {
      code: "bad-expression",
    });
  }
}

function checkTrain(
  path: Path,
  { batch, accumulate, steps, schedule }: Extract<StageConfig, { kind: "train" }>,
  report: Report,
): void {
  const name = path.join(".");
  if (batch % accumulate !== 0) {
    report([...path, "accumulate"], `${name}.accumulate is ${accumulate}`, {
      expected: `a divisor of the batch, which is ${batch}`,
    });
  }
  if (steps === undefined) return;
  const decay = "decay" in schedule ? schedule.decay ?? 0 : 0;
  if (schedule.warmup > steps) {
    report([...path, "schedule", "warmup"], `${name}.schedule.warmup is ${schedule.warmup}`, {
      expected: `at most the ${steps} steps of the training`,
    });
  } else if (schedule.kind === "wsd" && schedule.warmup + decay > steps) {
    report([...path, "schedule", "decay"], `${name}.schedule.decay is ${decay}`, {
      expected: `at most ${steps - schedule.warmup}: the steps behind the warmup`,
    });
  }
}
