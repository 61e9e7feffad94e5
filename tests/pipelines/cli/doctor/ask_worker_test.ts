import assert from "node:assert/strict";
import { askWorker } from "../../../../pipelines/cli/doctor/ask_worker.ts";
import { findMachineFacts } from "../../../../pipelines/cli/doctor/find_machine_facts.ts";

function script(text: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}
/** As a driver that hangs: the thread does nothing else. */
const hung = script("for (;;);");

Deno.test("askWorker() gives the answer, or why there is none", async () => {
  const doubles = script("onmessage = ({ data }) => postMessage(2 * data)");
  assert.deepEqual(await askWorker(doubles, 4, "none"), { answer: 8 });
  const fails = await askWorker(script("throw new Error('it broke')"), 4, "none");
  assert.ok("problem" in fails && fails.problem.includes("it broke"));
  assert.deepEqual(await askWorker(hung, 4, "none", 200), {
    problem: "there was no answer within 0.2 s",
  });
});

Deno.test("findMachineFacts() tells of drivers that hang", async () => {
  const { webgpu, vulkan, engine } = await findMachineFacts(hung, 200);
  const said = "there was no answer within 0.2 s";
  assert.deepEqual(webgpu, { missing: `WebGPU failed: ${said}` });
  if (vulkan !== undefined) assert.equal(vulkan.problem, said);
  assert.deepEqual(engine, { engine: "wasm", reason: `auto: WebGPU failed: ${said}` });
});
