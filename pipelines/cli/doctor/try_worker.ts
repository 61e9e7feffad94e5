/** Starts a Worker as runs do, and lets it share memory. */

import { askWorker } from "./ask_worker.ts";

/** The problem with Workers; undefined if they do. */
export async function tryWorker(
  address: URL = new URL("./trial_worker.ts", import.meta.url),
): Promise<string | undefined> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const asked = await askWorker(address, memory, "none");
  if ("problem" in asked) return asked.problem;
  const [shared] = new Int32Array(memory.buffer);
  return shared === 1 ? undefined : "Workers do not share memory";
}
