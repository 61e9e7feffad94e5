/** Asks the Vulkan loader itself for its devices. */

import type { VulkanDevice, VulkanFacts } from "./machine_facts.ts";

/** VkPhysicalDeviceType, by its numbers. */
const TYPES = ["other", "integrated GPU", "GPU", "virtual GPU", "CPU"] as const;
/** VkInstanceCreateInfo: its sType is 1, and nothing else is asked for. */
const CREATE_INFO_BYTES = 64;
/**
 * More than VkPhysicalDeviceProperties has: type at byte 16, name of up to 256 bytes at byte 20.
 */
const PROPERTIES_BYTES = 1024;
/** Devices that are listed at most. */
const MAX_DEVICES = 16;

/** What the loader says. */
export type VulkanDevices = Pick<VulkanFacts, "loader" | "devices">;

/** Whether there is a loader, and its devices; nothing is known where loading it is not allowed. */
export function listVulkanDevices(
  library = "libvulkan.so.1",
): VulkanDevices {
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return {};
  try {
    const loader = openLoader(library);
    try {
      return { loader: true, devices: listDevices(loader.symbols) };
    } finally {
      loader.close();
    }
  } catch {
    return { loader: false, devices: [] };
  }
}

function openLoader(library: string) {
  return Deno.dlopen(library, {
    vkCreateInstance: { parameters: ["buffer", "pointer", "buffer"], result: "i32" },
    vkDestroyInstance: { parameters: ["pointer", "pointer"], result: "void" },
    vkEnumeratePhysicalDevices: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
    vkGetPhysicalDeviceProperties: { parameters: ["pointer", "buffer"], result: "void" },
  });
}

/** Devices; none where the loader finds no driver. */
function listDevices(vk: ReturnType<typeof openLoader>["symbols"]): VulkanDevice[] {
  const info = new Uint8Array(CREATE_INFO_BYTES);
  new DataView(info.buffer).setUint32(0, 1, true);
  const created = new BigUint64Array(1);
  if (vk.vkCreateInstance(info, null, created) !== 0) return [];
  const instance = Deno.UnsafePointer.create(created[0]);
  try {
    const count = new Uint32Array([MAX_DEVICES]);
    const handles = new BigUint64Array(MAX_DEVICES);
    // VK_INCOMPLETE (5) says that there are more.
    if (![0, 5].includes(vk.vkEnumeratePhysicalDevices(instance, count, handles))) return [];
    return [...handles.subarray(0, count[0])].map((handle) => {
      const properties = new Uint8Array(PROPERTIES_BYTES);
      vk.vkGetPhysicalDeviceProperties(Deno.UnsafePointer.create(handle), properties);
      const type = TYPES[new DataView(properties.buffer).getUint32(16, true)] ?? "other";
      const name = properties.subarray(20, 20 + 256);
      return { name: new TextDecoder().decode(name.subarray(0, name.indexOf(0))), type };
    });
  } finally {
    vk.vkDestroyInstance(instance, null);
  }
}
