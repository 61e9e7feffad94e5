/**
 * Asks the system for a WebGPU adapter: a GPU with its driver, or a driver that computes on the
 * CPU.
 */

/** A WebGPU adapter. */
export interface AdapterFound {
  readonly adapter: GPUAdapter;
  /** For people, and to tell adapters apart: `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  readonly name: string;
  /** True if it computes on the CPU: correct, and much slower than a GPU. */
  readonly software: boolean;
  /** What the adapter says of itself; empty where it says nothing. */
  readonly info: AdapterInfo;
}

/**
 * What an adapter says of itself. Deno gives numbers of PCI for vendor and device, browsers words.
 */
export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
}

/** Why there is no adapter. */
export interface AdapterMissing {
  readonly missing: string;
}

/** What came of the search. */
export type AdapterSearch = AdapterFound | AdapterMissing;

/** Drivers that compute on the CPU, some of which do not say so by `isFallbackAdapter`. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|softpipe|Microsoft Basic Render/i;

/**
 * Finds the adapter that the system prefers for performance. Never throws: what is missing is told.
 * One device may be requested from the adapter; browsers refuse a second one.
 */
export async function findAdapter(
  gpu: GPU | undefined = globalThis.navigator?.gpu,
): Promise<AdapterSearch> {
  if (gpu === undefined) return { missing: "this platform has no WebGPU" };
  let adapter: GPUAdapter | null;
  try {
    adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }) ??
      await gpu.requestAdapter();
  } catch (error) {
    return { missing: `WebGPU failed: ${error instanceof Error ? error.message : error}` };
  }
  if (adapter === null) return { missing: "no WebGPU adapter was found" };
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const info: AdapterInfo = { vendor, architecture, device, description };
  const name = nameOf(info);
  return { adapter, name, software: isFallbackAdapter || SOFTWARE.test(name), info };
}

function nameOf({ vendor, architecture, device, description }: AdapterInfo): string {
  if (description !== "") return description;
  const words = [vendor, architecture, device].filter((word) => word !== "");
  return words.length > 0 ? words.join(" ") : "an adapter without a name";
}
