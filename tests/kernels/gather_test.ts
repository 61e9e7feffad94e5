import { gather, scatterAdd } from "../../kernels/gather.ts";
import { checkOp } from "../check_op.ts";
import { given, integers, uniform } from "../sample.ts";

Deno.test("gather() looks up rows", (t) =>
  checkOp(t, gather, [
    {
      inputs: [uniform(1, { vocab: 7, embed: 5 }), integers(2, { batch: 2, seq: 3 }, 0, 7)],
      flops: 0,
    },
    { inputs: [uniform(3, { vocab: 4, embed: 8 }), given({ seq: 4 }, [3, 3, 0, 1], "i32")] },
    { inputs: [uniform(4, { vocab: 3, embed: 1 }), given({ seq: 1 }, [2], "i32")] },
    {
      inputs: [
        given({ vocab: 2, embed: 2 }, [1, 2, 3, 4]),
        given({ seq: 4 }, [1, -1, 0, 2], "i32"),
      ],
      expect: [[3, 4, 0, 0, 1, 2, 0, 0]],
    },
  ]));

Deno.test("scatterAdd() adds rows into a table", (t) =>
  checkOp(t, scatterAdd, [
    {
      inputs: [uniform(1, { batch: 2, seq: 3, embed: 5 }), integers(2, { batch: 2, seq: 3 }, 0, 7)],
      attrs: { rows: "vocab", size: 7 },
      flops: 30,
    },
    {
      inputs: [uniform(3, { seq: 40, embed: 8 }), integers(4, { seq: 40 }, 0, 3)],
      attrs: { rows: "vocab", size: 4 },
      smooth: false,
    },
    {
      inputs: [uniform(5, { seq: 33, embed: 19 }), integers(6, { seq: 33 }, 0, 300)],
      attrs: { rows: "vocab", size: 300 },
      smooth: false,
    },
    {
      inputs: [
        given({ seq: 5, embed: 1 }, [1, 2, 4, 8, 16]),
        given({ seq: 5 }, [1, -1, 1, 3, 0], "i32"),
      ],
      attrs: { rows: "vocab", size: 3 },
      expect: [[16, 5, 0]],
    },
  ]));
