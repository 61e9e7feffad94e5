/** The Worker that asks graphics drivers, which may hang: for `adapter`, `webgpu` or `vulkan`. */

import { findAdapter } from "../../../runtime/webgpu/find_adapter.ts";
import { findWebgpuFacts } from "./find_webgpu_facts.ts";
import { listVulkanDevices } from "./list_vulkan_devices.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<"adapter" | "webgpu" | "vulkan">) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = async ({ data }) => {
  if (data === "vulkan") return scope.postMessage(listVulkanDevices());
  const found = await findAdapter();
  if (data === "webgpu") return scope.postMessage(await findWebgpuFacts(found));
  const named = "missing" in found ? found : { name: found.name, software: found.software };
  scope.postMessage(named);
};
