import assert from "node:assert/strict";
import { ended, ROOT, spawn } from "./_sluice.ts";

/** Type-checks with the names that a browser has, and those of `@webgpu/types`. */
async function check(path: string): Promise<string> {
  const process = spawn(ROOT, ["check", "--quiet", "--config", "tests/browser/deno.json", path]);
  const { code, err } = await ended(process);
  return code === 0 ? "fine" : err;
}

Deno.test("openWebgpuDevice() has the types of a browser: it needs nothing of Deno", async () => {
  assert.equal(await check("runtime/webgpu/open_webgpu_device.ts"), "fine");
  // The check can fail: this file uses Deno.
  assert.match(await check("runtime/atomic_file.ts"), /Cannot find name 'Deno'/);
});
