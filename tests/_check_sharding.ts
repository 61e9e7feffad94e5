/** Sharding rules by brute force: two simulated devices run the reference on halves. */

import assert from "node:assert/strict";
import { inferCall } from "../graph/ir/infer.ts";
import type { Call, Op } from "../graph/ir/op.ts";
import { parseSignature } from "../graph/ir/signature.ts";
import { type Dim, stridesOf, type TensorType } from "../graph/ir/tensor.ts";
import { callOf, type Operand, referenceOf, type Sample, uniform } from "./sample.ts";

const TOLERANCE = 1e-9;

/** What the samples show about a dim variable of the signature. */
interface Evidence {
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
    const { inputs, outputs, whole } = parseSignature(op.signature(call.inputs, call.attrs));
    for (const variable of outputs.flat().filter((name) => !inputs.flat().includes(name))) {
      assert.ok(whole.has(variable), `Dim ${variable} of ${op.name} is made by it: mark it "!"`);
    }
    for (const variable of new Set(inputs.flat())) {
      const key = whole.has(variable) ? `${variable}!` : variable;
      const seen = evidence.get(key) ?? { right: 0, wrong: 0 };
      evidence.set(key, seen);
      for (const dim of call.bindings[variable].filter(({ size }) => size > 1)) {
        if (splitsRight(op, sample, call, dim)) seen.right++;
        else seen.wrong++;
      }
    }
  }
  const names = new Set([...evidence.keys()].map((key) => key.replace("!", "")));
  for (const name of names) {
    const open = evidence.get(name);
    const whole = evidence.get(`${name}!`);
    const shown = [open, whole].some((seen) => seen && seen.right + seen.wrong > 0);
    assert.ok(shown, `Dim ${name} of ${op.name}: no sample can split it`);
    assert.ok(!open?.wrong, `Dim ${name} of ${op.name} cannot be sharded: mark it "!"`);
    assert.ok(!whole || whole.wrong > 0, `Dim ${name} of ${op.name} can be sharded: drop the "!"`);
  }
}

/** True if the results of two devices that each have half of `dim` make up the whole result. */
function splitsRight(op: Op, sample: Sample, whole: Call, dim: Dim): boolean {
  const half = Math.ceil(dim.size / 2);
  const ranges = [[0, half], [half, dim.size]];
  const expected = referenceOf(op, sample);
  const shards: { call: Call; results: Float64Array[] }[] = [];
  for (const [begin, end] of ranges) {
    const inputs = sample.inputs.map((operand) => cut(operand, dim.name, begin, end));
    try {
      const call = inferCall(op, inputs.map(({ type }) => type), sample.attrs);
      shards.push({ call, results: op.reference(inputs.map(({ data }) => data), call) });
    } catch {
      // A device cannot even make the call on its shard.
      return false;
    }
  }
  return whole.outputs.every((type, i) => {
    const joined = new Float64Array(expected[i].length);
    if (type.dims.some(({ name }) => name === dim.name)) {
      ranges.forEach(([begin], device) => {
        const shard = { type: shards[device].call.outputs[i], data: shards[device].results[i] };
        paste(joined, type, dim.name, begin, shard);
      });
    } else if (op.reduces) {
      const [a, b] = shards.map(({ results }) => results[i]);
      joined.forEach((_, at) => {
        joined[at] = op.reduces === "sum" ? a[at] + b[at] : Math.max(a[at], b[at]);
      });
    } else return false;
    return near(joined, expected[i]);
  });
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

/** Puts a shard that begins at `begin` of the dim into the whole. */
function paste(
  whole: Float64Array,
  type: TensorType,
  name: string,
  begin: number,
  shard: Operand,
) {
  const size = shard.type.dims.find((dim) => dim.name === name)?.size ?? 0;
  const full = type.dims.find((dim) => dim.name === name)!.size;
  // An op that ignores its shard's size gives results that do not fit: leave zeros, they will differ.
  if (begin + size > full) return;
  eachChunk(type, name, begin, size, (to, length, from) => {
    whole.set(shard.data.subarray(from, from + length), to);
  });
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
