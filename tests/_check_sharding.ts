/** Sharding rules by brute force: two simulated devices run the reference on halves. */

import assert from "node:assert/strict";
import { inferCall } from "../graph/ir/infer.ts";
import type { Call, Op } from "../graph/ir/op.ts";
import { parseSignature } from "../graph/ir/signature.ts";
import { type Placement, REPLICATE, type Sharding, shardingsOf } from "../graph/mesh/placement.ts";
import { type Dim, sizeOf, stridesOf, type TensorType } from "../graph/ir/tensor.ts";
import { callOf, type Operand, referenceOf, type Sample, uniform } from "./sample.ts";

const TOLERANCE = 1e-9;

/** What the samples with one signature show about a dim variable of it. */
interface Evidence {
  readonly variable: string;
  readonly whole: boolean;
  right: number;
  wrong: number;
}

/**
 * Splits every dim of every operand over two devices and joins the results: where the result has the
 * dim they are put one after the other, where it lacks it they are reduced as the op says. A dim that
 * splits correctly must not carry `!`, one that does not must.
 */
export function checkSharding(op: Op, samples: readonly Sample[]) {
  const evidence = new Map<string, Evidence>();
  for (const sample of samples) {
    const call = callOf(op, sample);
    const text = op.signature(call.inputs, call.attrs);
    const { inputs, outputs, whole } = parseSignature(text);
    for (const variable of outputs.flat().filter((name) => !inputs.flat().includes(name))) {
      assert.ok(whole.has(variable), `Dim ${variable} of ${op.name} is made by it: mark it "!"`);
    }
    for (const variable of new Set(inputs.flat())) {
      const key = `${text}: ${variable}`;
      const seen = evidence.get(key) ??
        { variable, whole: whole.has(variable), right: 0, wrong: 0 };
      evidence.set(key, seen);
      for (const dim of call.bindings[variable].filter(({ size }) => size > 1)) {
        const sharding = shardingsOf(call).find((rule) =>
          rule.variable === variable &&
          rule.inputs.some((placement) => placement.kind === "shard" && placement.dim === dim.name)
        );
        assert.ok(
          !whole.has(variable) || !sharding,
          `Dim ${variable} of ${op.name} is whole, but there is a rule to shard it`,
        );
        if (splitsRight(op, sample, call, dim, sharding)) seen.right++;
        else seen.wrong++;
      }
    }
  }
  const shown = new Set<string>();
  for (const { variable, whole, right, wrong } of evidence.values()) {
    if (right + wrong === 0) continue;
    shown.add(variable);
    const dim = `Dim ${variable} of ${op.name}`;
    assert.ok(whole || wrong === 0, `${dim} cannot be sharded: mark it "!"`);
    assert.ok(!whole || wrong > 0, `${dim} can be sharded: drop the "!"`);
  }
  for (const { variable } of evidence.values()) {
    assert.ok(shown.has(variable), `Dim ${variable} of ${op.name}: no sample can split it`);
  }
}

/**
 * True if the results of two devices that each have half of `dim` make up the whole result. Where there
 * is a rule to shard the dim, the operands are placed and the results joined as it says.
 */
function splitsRight(
  op: Op,
  sample: Sample,
  whole: Call,
  dim: Dim,
  sharding: Sharding | undefined,
): boolean {
  const half = Math.ceil(dim.size / 2);
  const ranges = [[0, half], [half, dim.size]];
  const expected = referenceOf(op, sample);
  const shards: { call: Call; results: Float64Array[] }[] = [];
  for (const [begin, end] of ranges) {
    const inputs = sample.inputs.map((operand, i) =>
      sharding && sharding.inputs[i].kind !== "shard" ? operand : cut(operand, dim.name, begin, end)
    );
    try {
      const call = inferCall(op, inputs.map(({ type }) => type), sample.attrs);
      shards.push({ call, results: op.reference(inputs.map(({ data }) => data), call) });
    } catch {
      // A device cannot even make the call on its shard.
      return false;
    }
  }
  return whole.outputs.every((type, i) => {
    const parts = shards.map(({ call, results }) => ({ type: call.outputs[i], data: results[i] }));
    const placement = sharding ? sharding.outputs[i] : placementOf(op, type, dim);
    if (placement.kind === "shard") {
      const joined = concatenate(type, placement.dim, parts);
      return joined !== undefined && near(joined, expected[i]);
    }
    const [a, b] = parts.map(({ data }) => data);
    if (placement.kind === "replicate") return near(a, expected[i]) && near(b, expected[i]);
    const joined = a.map((value, at) =>
      placement.reduce === "sum" ? value + b[at] : Math.max(value, b[at])
    );
    return near(joined, expected[i]);
  });
}

/** How a result would lie on the two devices if the dim could be sharded. */
function placementOf(op: Op, { dims }: TensorType, { name }: Dim): Placement {
  if (dims.some((dim) => dim.name === name)) return { kind: "shard", dim: name };
  return op.reduces ? { kind: "partial", reduce: op.reduces } : REPLICATE;
}

/**
 * Splits every float operand into two terms. Where the op is declared linear in it, the results of
 * the terms must add up to the whole; where it is not, some sample must show why.
 */
export function checkLinear(op: Op, samples: readonly Sample[]) {
  op.inputs.forEach((name, i) => {
    const floats = samples.filter(({ inputs }) => inputs[i].type.dtype === "f32");
    if (floats.length === 0) return;
    const linear = floats.map((sample, seed) => isLinear(op, sample, i, seed));
    if (op.linear.includes(name)) {
      assert.ok(linear.every(Boolean), `${op.name} is not linear in ${name}: do not declare it`);
    } else {
      assert.ok(linear.includes(false), `${op.name} is linear in ${name}: declare it`);
    }
  });
}

function isLinear(op: Op, sample: Sample, i: number, seed: number): boolean {
  const { type, data } = sample.inputs[i];
  const sizes = Object.fromEntries(type.dims.map(({ name, size }) => [name, size]));
  const a = uniform(1000 + seed, sizes).data;
  const b = data.map((value, at) => value - a[at]);
  const results = [a, b].map((term) =>
    referenceOf(op, { ...sample, inputs: sample.inputs.with(i, { type, data: term }) })
  );
  return referenceOf(op, sample).every((expected, o) =>
    near(expected.map((_, at) => results[0][o][at] + results[1][o][at]), expected)
  );
}

/** The elements `begin` to `end` of an operand along a dim; all of it where it lacks the dim. */
function cut({ type, data }: Operand, name: string, begin: number, end: number): Operand {
  const at = type.dims.findIndex((dim) => dim.name === name);
  if (at < 0) return { type, data };
  const dims = type.dims.with(at, { name, size: end - begin });
  const part = new Float64Array(data.length / type.dims[at].size * (end - begin));
  eachChunk(type, name, begin, end - begin, (from, length, to) => {
    part.set(data.subarray(from, from + length), to);
  });
  return { type: { ...type, dims }, data: part };
}

/** Shards one after the other along a dim; undefined where they do not make up the whole. */
function concatenate(
  type: TensorType,
  name: string,
  parts: readonly Operand[],
): Float64Array | undefined {
  const sizes = parts.map((part) => part.type.dims.find((dim) => dim.name === name)?.size ?? 0);
  const full = type.dims.find((dim) => dim.name === name)!.size;
  if (sizes.reduce((total, size) => total + size, 0) !== full) return undefined;
  const whole = new Float64Array(sizeOf(type));
  let begin = 0;
  parts.forEach(({ data }, i) => {
    eachChunk(type, name, begin, sizes[i], (to, length, from) => {
      whole.set(data.subarray(from, from + length), to);
    });
    begin += sizes[i];
  });
  return whole;
}

/** Contiguous pieces of a range along a dim: offset in the whole, length, offset in the range. */
function eachChunk(
  { dims }: TensorType,
  name: string,
  begin: number,
  size: number,
  body: (whole: number, length: number, part: number) => void,
) {
  const at = dims.findIndex((dim) => dim.name === name);
  const stride = stridesOf(dims)[at];
  const outer = dims.slice(0, at).reduce((product, dim) => product * dim.size, 1);
  for (let o = 0; o < outer; o++) {
    body((o * dims[at].size + begin) * stride, size * stride, o * size * stride);
  }
}

function near(actual: Float64Array, expected: Float64Array): boolean {
  return actual.length === expected.length &&
    expected.every((value, i) =>
      Math.abs(actual[i] - value) <= TOLERANCE * Math.max(1, Math.abs(value))
    );
}
