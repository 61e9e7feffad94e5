/** Asks drivers about WebGPU, in a Worker with a deadline. */

import type { AdapterMissing } from "../../../runtime/webgpu/find_adapter.ts";
import { askWorker } from "./ask_worker.ts";

/** The Worker that asks the drivers. */
export const DRIVERS = new URL("./driver_worker.ts", import.meta.url);
/** The rights it has: that of a package loads its modules from where the package lies. */
export const LOADING = { import: "inherit" } as const;

/**
 * What the Worker answers: for `adapter` its name and whether it is software, for `webgpu` all
 * about it, which takes longer. Where a driver hangs, that is why there is none.
 */
export async function askWebgpu<T>(
  about: "adapter" | "webgpu",
  drivers: URL = DRIVERS,
  deadline?: number,
): Promise<T | AdapterMissing> {
  const asked = await askWorker<T | AdapterMissing>(drivers, about, LOADING, deadline);
  return "answer" in asked ? asked.answer : { missing: `WebGPU failed: ${asked.problem}` };
}
