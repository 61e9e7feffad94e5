/** A plan for tests of the engine. */

import { createBuilder } from "../../../graph/ir/build.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { makePlan } from "../../../graph/plan/make_plan.ts";
import type { Plan } from "../../../graph/plan/plan.ts";
import { axpy, total } from "../_test_ops.ts";

/** Elements of x and of y. */
export const ROWS = 4;

/** `step`: y <- 3 x + y, with the sum of y before; `read`: the sum of y. */
export function stepPlan(): Plan {
  const type = tensor({ rows: ROWS, columns: 1 });
  const step = createBuilder();
  const [x, y] = ["x", "y"].map((name) => step.input(name, type));
  const [before] = step.call(total, [y]);
  const [out] = step.call(axpy, [x, y]);
  const other = createBuilder();
  const [sum] = other.call(total, [other.input("y", type)]);
  return makePlan({ step: step.finish({ y: out, before }), read: other.finish({ sum }) });
}

/** Four times the same number. */
export const all = (value: number) => new Float32Array(ROWS).fill(value);
