import { fill } from "../../kernels/fill.ts";
import { checkOp } from "../check_op.ts";

Deno.test("fill() holds one value throughout", (t) =>
  checkOp(t, fill, [
    {
      inputs: [],
      attrs: { value: -2.5, dims: ["batch", "seq"], sizes: [2, 3] },
      expect: [[-2.5, -2.5, -2.5, -2.5, -2.5, -2.5]],
      flops: 0,
    },
    { inputs: [], attrs: { value: 1 }, expect: [[1]] },
    { inputs: [], attrs: { value: 0, dims: "embed", sizes: 1 }, expect: [[0]] },
    { inputs: [], attrs: { value: 1e-30, dims: ["embed"], sizes: [37] } },
  ]));
