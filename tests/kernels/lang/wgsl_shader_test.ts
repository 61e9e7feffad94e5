import assert from "node:assert/strict";
import { wgslPhase } from "../../../kernels/lang/wgsl_shader.ts";
import { runWebgpuKernel } from "../../webgpu.ts";
import { webgpuTest } from "../../webgpu_engine.ts";

Deno.test("wgslPhase() frames a body with its bindings and the number of its group", () => {
  const { code, workgroups, iterations } = wgslPhase({
    bindings: [0, 1, 0],
    elements: ["f32", undefined, "f32"],
    scratch: "u32",
    threads: 64,
    groups: 3,
    iterations: 5,
    body: "  b0[group] = f32(thread);\n",
  });
  assert.deepEqual(workgroups, [3, 1, 1]);
  assert.equal(iterations, 5);
  assert.equal(
    code,
    `@group(0) @binding(0) var<storage, read_write> b0: array<f32>;
@group(0) @binding(2) var<storage, read_write> scratch: array<u32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  b0[group] = f32(thread);
}
`,
  );
});

Deno.test("wgslPhase() refuses one binding taken for two kinds of elements", () => {
  assert.throws(
    () =>
      wgslPhase({
        bindings: [0, 0],
        elements: ["f32", "vec4<f32>"],
        threads: 1,
        groups: 1,
        iterations: 0,
        body: "",
      }),
    { name: "TypeError", message: "Cannot bind operand 1 as vec4<f32>: it is also f32" },
  );
});

Deno.test("wgslPhase() declares what workgroups share, as much as every device has", () => {
  const share = (count: number) =>
    wgslPhase({
      bindings: [0],
      elements: ["f32"],
      threads: 1,
      groups: 1,
      iterations: 0,
      shared: [{ name: "sums", element: "vec3<f32>", count }, {
        name: "mask",
        element: "atomic<u32>",
        count: 64,
      }],
      body: "",
    });
  const arrays = share(1008).code.split("\n").filter((line) => line.startsWith("var<workgroup>"));
  assert.deepEqual(arrays, [
    "var<workgroup> sums: array<vec3<f32>, 1008>;",
    "var<workgroup> mask: array<atomic<u32>, 64>;",
  ]);
  assert.throws(() => share(1009), {
    name: "RangeError",
    message: "Cannot share 16400 bytes in a workgroup: 16384 at most",
  });
});

webgpuTest("wgslPhase() numbers more workgroups than one axis holds", async () => {
  const groups = 65536 + 10;
  const bindings = [0];
  const type = { dtype: "u32", dims: [{ name: "x", size: groups }] } as const;
  const phase = wgslPhase({
    bindings,
    elements: ["u32"],
    threads: 1,
    groups,
    iterations: 0,
    body: "  b0[group] = group + 1u;\n",
  });
  const kernel = { phases: [phase], scratchBytes: 0 };
  const [result] = await runWebgpuKernel({
    kernel,
    bindings,
    inputs: [],
    outputs: [type],
  });
  assert.deepEqual([...result], Array.from({ length: groups }, (_, i) => i + 1));
});
