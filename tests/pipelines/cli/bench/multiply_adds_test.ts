import assert from "node:assert/strict";
import {
  MULTIPLY_ADD_ELEMENTS,
  multiplyAdds,
} from "../../../../pipelines/cli/bench/multiply_adds.ts";
import { checkOp } from "../../../check_op.ts";
import { callOf, given, scalar, uniform } from "../../../sample.ts";

const element = 2 * MULTIPLY_ADD_ELEMENTS;

Deno.test("multiplyAdds() does them one after the other", (t) =>
  checkOp(t, multiplyAdds, [
    {
      inputs: [given({ element }, new Array(element).fill(3)), scalar(1)],
      attrs: { turns: 16 },
      expect: [new Array(element).fill(19)],
      flops: 32 * element,
    },
    { inputs: [uniform(1, { element }), scalar(0.75)], attrs: { turns: 48 } },
  ]));

Deno.test("multiplyAdds() refuses what its kernels cannot do", () => {
  const call = (element: number, turns: number) => () =>
    callOf(multiplyAdds, { inputs: [uniform(1, { element }), scalar(1)], attrs: { turns } });
  assert.throws(call(element + 4, 16), /x must have a multiple of 768 elements/);
  assert.throws(call(element, 8), /turns must be a multiple of 16, got 8/);
});
