/** The Worker that asks graphics drivers, which may hang: for `webgpu` or for `vulkan`. */

import { findAdapter } from "../../../runtime/webgpu/find_adapter.ts";
import { findWebgpuFacts } from "./find_webgpu_facts.ts";
import { listVulkanDevices } from "./list_vulkan_devices.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<"webgpu" | "vulkan">) => void;
  postMessage(message: unknown): void;
};

scope.onmessage = async ({ data }) => {
  scope.postMessage(
    data === "vulkan" ? listVulkanDevices() : await findWebgpuFacts(await findAdapter()),
  );
};
