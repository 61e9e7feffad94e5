import { tensor } from "../../graph/ir/tensor.ts";
import { pad, slice } from "../../kernels/slice.ts";
import { assertRefused, checkOp } from "../check_op.ts";
import { given, uniform } from "../sample.ts";

Deno.test("slice() cuts out a part of a dim", (t) =>
  checkOp(t, slice, [
    {
      inputs: [uniform(1, { batch: 2, seq: 5, embed: 6 })],
      attrs: { dim: "seq", start: 1, size: 3 },
      flops: 0,
    },
    { inputs: [uniform(2, { batch: 2, embed: 9 })], attrs: { dim: "embed", start: 3, size: 5 } },
    { inputs: [uniform(3, { seq: 4, embed: 3 })], attrs: { dim: "seq", size: 2 } },
    { inputs: [uniform(4, { seq: 4, embed: 3 })], attrs: { dim: "seq", start: 3, size: 1 } },
    { inputs: [uniform(5, { seq: 4, embed: 2 })], attrs: { dim: "seq", size: 4 } },
    {
      inputs: [given({ a: 2, b: 3 }, [1, 2, 3, 4, 5, 6])],
      attrs: { dim: "b", start: 1, size: 2 },
      expect: [[2, 3, 5, 6]],
    },
  ]));

Deno.test("slice() refuses what does not fit", () => {
  const x = tensor({ seq: 4 });
  const refused = (attrs: Record<string, string | number>, message: string) =>
    assertRefused(slice, [x], attrs, `Cannot call slice: ${message}`);
  refused({ dim: "embed", size: 1 }, "dim embed is not in [seq=4]");
  refused({ dim: "seq", start: 2, size: 3 }, "elements 2 to 5 of dim seq do not fit in 4");
  refused({ dim: "seq", start: -1, size: 3 }, "elements -1 to 2 of dim seq do not fit in 4");
  refused({ dim: "seq", start: 0.5, size: 3 }, "elements 0.5 to 3.5 of dim seq do not fit in 4");
  refused({ dim: "seq", size: 0 }, "dim seq of the result must be at least 1, got 0");
});

Deno.test("pad() surrounds with zeros", (t) =>
  checkOp(t, pad, [
    {
      inputs: [uniform(1, { batch: 2, seq: 3, embed: 6 })],
      attrs: { dim: "seq", before: 1, after: 2 },
      flops: 0,
    },
    { inputs: [uniform(2, { batch: 2, embed: 5 })], attrs: { dim: "embed", before: 3 } },
    { inputs: [uniform(3, { seq: 4, embed: 3 })], attrs: { dim: "seq", after: 1 } },
    { inputs: [uniform(4, { seq: 4, embed: 2 })], attrs: { dim: "seq" } },
    {
      inputs: [given({ a: 2, b: 1 }, [7, 8])],
      attrs: { dim: "b", before: 1, after: 2 },
      expect: [[0, 7, 0, 0, 0, 8, 0, 0]],
    },
  ]));

Deno.test("pad() refuses what does not fit", () => {
  const x = tensor({ seq: 4 });
  const refused = (attrs: Record<string, string | number>, message: string) =>
    assertRefused(pad, [x], attrs, `Cannot call pad: ${message}`);
  refused({ dim: "embed" }, "dim embed is not in [seq=4]");
  refused({ dim: "seq", before: -1 }, "before and after must be integers from 0, got -1");
  refused({ dim: "seq", after: 0.5 }, "before and after must be integers from 0, got 0.5");
});
