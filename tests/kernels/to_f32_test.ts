import { toF32 } from "../../kernels/to_f32.ts";
import { checkOp } from "../check_op.ts";
import { given, integers } from "../sample.ts";

Deno.test("toF32() makes floats of integers", (t) =>
  checkOp(t, toF32, [
    { inputs: [integers(1, { batch: 3, seq: 5 }, -100, 100)], flops: 0 },
    { inputs: [given({ seq: 3 }, [-1, 0, 16777216], "i32")], expect: [[-1, 0, 16777216]] },
  ]));
