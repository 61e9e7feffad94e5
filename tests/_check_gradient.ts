/** Gradients against central difference quotients, in double precision. */

import assert from "node:assert/strict";
import { createBuilder } from "../graph/ir/build.ts";
import type { Value } from "../graph/ir/graph.ts";
import type { Op } from "../graph/ir/op.ts";
import { sameType } from "../graph/ir/tensor.ts";
import { interpret } from "./interpret.ts";
import { assertNear } from "./near.ts";
import { callOf, type Operand, referenceOf, type Sample, uniform } from "./sample.ts";

const H = 1e-5;
const TOLERANCE = 1e-7;

/** Checks the gradient of every operand, for every cotangent alone and for all of them. */
export function checkGradient(op: Op, samples: readonly Sample[]) {
  for (const sample of samples.filter(({ smooth }) => smooth !== false)) {
    const outputs = callOf(op, sample).outputs;
    const cotangents = outputs.map(({ dims }, i) =>
      uniform(100 + i, Object.fromEntries(dims.map(({ name, size }) => [name, size])))
    );
    const all = outputs.map((_, i) => i);
    const choices = outputs.length === 1 ? [all] : [all, ...all.map((i) => [i])];
    for (const chosen of choices) checkCotangents(op, sample, cotangents, chosen);
  }
}

function checkCotangents(
  op: Op,
  sample: Sample,
  cotangents: readonly Operand[],
  chosen: readonly number[],
) {
  const actual = vjpOf(op, sample, cotangents, chosen);
  sample.inputs.forEach(({ type, data }, i) => {
    const name = `gradient of operand ${i + 1} (${op.inputs[i] ?? "further"}) of ${op.name}`;
    if (type.dtype !== "f32") return assert.equal(actual[i], undefined, name);
    const expected = data.map((_, at) => {
      const value = (step: number) => {
        const moved = { type, data: data.with(at, data[at] + step) };
        const results = referenceOf(op, { ...sample, inputs: sample.inputs.with(i, moved) });
        return chosen.reduce((total, o) => total + dot(results[o], cotangents[o].data), 0);
      };
      return (value(H) - value(-H)) / (2 * H);
    });
    // An operand without a gradient must have none.
    assertNear(actual[i] ?? new Float64Array(data.length), expected, TOLERANCE, name);
  });
}

/** The values of the vjp of a call; undefined for operands that have none. */
function vjpOf(
  op: Op,
  { inputs, attrs }: Sample,
  cotangents: readonly Operand[],
  chosen: readonly number[],
): (readonly number[] | undefined)[] {
  const builder = createBuilder();
  const values: Record<string, Float64Array> = {};
  const add = (name: string, { type, data }: Operand) => {
    values[name] = data;
    return builder.input(name, type);
  };
  const operands = inputs.map((operand, i) => add(`operand ${i}`, operand));
  const outputs = builder.call(op, operands, attrs);
  const arriving = cotangents.map((cotangent, i) =>
    chosen.includes(i) ? add(`cotangent ${i}`, cotangent) : undefined
  );
  // A constant has no node to differentiate with respect to, but its vjp is called all the same.
  const leaving = op.vjp!(builder, outputs[0].node!, arriving);
  leaving.forEach((value, i) => {
    if (!value) return;
    assert.ok(sameType(value.type, inputs[i].type), `type of the gradient of operand ${i + 1}`);
  });
  const named = Object.fromEntries(
    leaving.flatMap((value, i): [string, Value][] => value ? [[String(i), value]] : []),
  );
  const results = interpret(builder.finish(named), values);
  return inputs.map((_, i) => results[String(i)]);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, value, i) => total + value * b[i], 0);
}
