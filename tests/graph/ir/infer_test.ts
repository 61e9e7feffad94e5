import { deepEqual, equal, throws } from "node:assert/strict";
import { defineOp } from "../../../graph/ir/define_op.ts";
import { inferCall } from "../../../graph/ir/infer.ts";
import { parseSignature } from "../../../graph/ir/signature.ts";
import { formatType, tensor } from "../../../graph/ir/tensor.ts";
import { add, matmul, norm } from "../_toy_ops.ts";

Deno.test("parseSignature() reads operands, results and whole dims", () => {
  const signature = parseSignature("... D!, D! -> ... D!, D");
  deepEqual(signature.inputs, [["...", "D"], ["D"]]);
  deepEqual(signature.outputs, [["...", "D"], ["D"]]);
  deepEqual([...signature.whole], ["D"]);
  deepEqual(parseSignature(" -> N"), { inputs: [[]], outputs: [["N"]], whole: new Set() });
});

Deno.test("parseSignature() names what is wrong", () => {
  throws(() => parseSignature("M K"), /must have one "->"/);
  throws(() => parseSignature("M -> M -> M"), /must have one "->"/);
  throws(() => parseSignature("M 3 -> M"), /"3" is not a dim/);
  throws(() => parseSignature("M M -> M"), /dim M occurs twice in a tensor/);
  throws(() => parseSignature("M ... -> M"), /"\.\.\." must come first/);
});

Deno.test("inferCall() binds dims by name and size and derives results", () => {
  const call = inferCall(matmul, [tensor({ batch: 2, embed: 3 }), tensor({ embed: 3, mlp: 5 })]);
  equal(formatType(call.outputs[0]), "f32[batch=2 mlp=5]");
  deepEqual(call.dims, { M: 2, K: 3, N: 5 });
  const rows = inferCall(norm, [tensor({ batch: 2, seq: 4, embed: 3 }), tensor({ embed: 3 })]);
  equal(formatType(rows.outputs[0]), "f32[batch=2 seq=4 embed=3]");
  deepEqual(rows.dims, { BATCH: 8, D: 3 });
  deepEqual(rows.attrs, { eps: 1e-5 });
});

Deno.test("inferCall() says which operand does not fit, and why", () => {
  const x = tensor({ batch: 2, embed: 8 });
  const message = (run: () => unknown, expected: string) => throws(run, { message: expected });
  message(
    () => inferCall(norm, [x, tensor({ embed: 7 })]),
    "Cannot call norm: dim D is embed=8 in x but embed=7 in weight",
  );
  message(
    () => inferCall(norm, [x, tensor({ mlp: 8 })]),
    "Cannot call norm: dim D is embed=8 in x but mlp=8 in weight",
  );
  message(
    () => inferCall(norm, [x, x]),
    "Cannot call norm: weight must have dims [D], got [batch=2 embed=8]",
  );
  message(() => inferCall(norm, [x]), "Cannot call norm: weight is missing, expected x, weight");
  message(
    () => inferCall(norm, [x, x, x]),
    "Cannot call norm: it takes 2 operands (x, weight), got 3",
  );
  message(
    () => inferCall(norm, [tensor({ embed: 8 }, "i32"), tensor({ embed: 8 })]),
    "Cannot call norm: x must be f32, got i32[embed=8]",
  );
  message(
    () => inferCall(norm, [x, tensor({ embed: 8 })], { epsilon: 1 }),
    "Cannot call norm: unknown attribute epsilon, expected eps",
  );
  message(
    () => inferCall(add, [x, tensor({ embed: 8 })]),
    "Cannot call add: dim ... is batch=2 embed=8 in x but embed=8 in y",
  );
});

Deno.test("inferCall() takes lower-case variables literally", () => {
  const named = defineOp({
    name: "named",
    doc: "Needs dims by name.",
    inputs: ["x"],
    outputs: ["y"],
    signature: "batch seq -> seq batch",
    flops: () => 0,
    reference: ([x]) => [x],
  });
  equal(
    formatType(inferCall(named, [tensor({ batch: 2, seq: 3 })]).outputs[0]),
    "f32[seq=3 batch=2]",
  );
  throws(() => inferCall(named, [tensor({ seq: 3, batch: 2 })]), {
    message: "Cannot call named: x must have dims [batch seq], got [seq=3 batch=2]",
  });
});

Deno.test("inferCall() takes sizes of new dims from attributes", () => {
  const expand = defineOp({
    name: "expand",
    doc: "Repeats.",
    inputs: ["x"],
    outputs: ["y"],
    attrs: { E: { doc: "how often" } },
    signature: "D -> E D",
    flops: () => 0,
    reference: ([x]) => [x],
  });
  equal(
    formatType(inferCall(expand, [tensor({ embed: 2 })], { E: 3 }).outputs[0]),
    "f32[e=3 embed=2]",
  );
  throws(() => inferCall(expand, [tensor({ embed: 2 })], { E: 0 }), /must be at least 1, got 0/);
  throws(() => inferCall(expand, [tensor({ embed: 2 })]), /attribute E is missing \(how often\)/);
});

Deno.test("defineOp() refuses a signature that contradicts the operands", () => {
  throws(
    () => defineOp({ ...add, name: "bad", signature: "M -> M" }),
    /signature "M -> M" has 1 operands and 1 results, expected 2 and 1/,
  );
  throws(
    () => defineOp({ ...add, name: "bad", signature: "..., ... -> ...", linear: ["w"] }),
    /w is not/,
  );
});
