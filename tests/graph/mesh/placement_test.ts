import { deepEqual } from "node:assert/strict";
import { inferCall } from "../../../graph/ir/infer.ts";
import { tensor } from "../../../graph/ir/tensor.ts";
import { type Placement, REPLICATE, shardingsOf } from "../../../graph/mesh/placement.ts";
import { add, matmul, norm } from "../_toy_ops.ts";

const shard = (dim: string): Placement => ({ kind: "shard", dim });
const partial: Placement = { kind: "partial", reduce: "sum" };

Deno.test("shardingsOf() splits every dim, and leaves a partial sum where the result lacks it", () => {
  const call = inferCall(matmul, [tensor({ batch: 2, embed: 4 }), tensor({ embed: 4, mlp: 6 })]);
  deepEqual(shardingsOf(call), [
    { variable: "M", inputs: [shard("batch"), REPLICATE], outputs: [shard("batch")] },
    { variable: "K", inputs: [shard("embed"), shard("embed")], outputs: [partial] },
    { variable: "N", inputs: [REPLICATE, shard("mlp")], outputs: [shard("mlp")] },
    { variable: undefined, inputs: [partial, REPLICATE], outputs: [partial] },
    { variable: undefined, inputs: [REPLICATE, partial], outputs: [partial] },
  ]);
});

Deno.test("shardingsOf() splits each leading dim and no whole dim", () => {
  const x = tensor({ batch: 2, seq: 4, embed: 8 });
  deepEqual(shardingsOf(inferCall(norm, [x, tensor({ embed: 8 })])), [
    { variable: "...", inputs: [shard("batch"), REPLICATE], outputs: [shard("batch")] },
    { variable: "...", inputs: [shard("seq"), REPLICATE], outputs: [shard("seq")] },
  ]);
});

Deno.test("shardingsOf() passes no partial sum through an op that is not linear", () => {
  const x = tensor({ batch: 2 });
  deepEqual(shardingsOf(inferCall(add, [x, x])), [
    { variable: "...", inputs: [shard("batch"), shard("batch")], outputs: [shard("batch")] },
  ]);
});
