/** Tests that need a WebGPU adapter: on whatever adapter the machine has, or left out. */

import { type AdapterFound, findAdapter } from "../runtime/webgpu/find_adapter.ts";

const search = await findAdapter();
const missing = "missing" in search ? search.missing : undefined;
if (missing !== undefined && Deno.env.get("SLUICE_REQUIRE_WEBGPU")) {
  throw new Error(`SLUICE_REQUIRE_WEBGPU is set: ${missing}`);
}

/** A test that needs an adapter; without one it is ignored, unless SLUICE_REQUIRE_WEBGPU is set. */
export function webgpuTest(name: string, body: () => void | Promise<void>): void {
  if (missing === undefined) Deno.test(name, body);
  else Deno.test({ name: `${name} (left out: ${missing})`, ignore: true, fn: body });
}

/** A step of a test that needs an adapter, as `webgpuTest`. */
export async function webgpuStep(
  t: Deno.TestContext,
  name: string,
  body: () => void | Promise<void>,
): Promise<void> {
  if (missing === undefined) await t.step(name, body);
  else await t.step({ name: `${name} (left out: ${missing})`, ignore: true, fn: body });
}

/** An adapter whose device the test gets hold of, to make it fail. */
export interface HeldAdapter {
  readonly adapter: Pick<AdapterFound, "adapter" | "name" | "software">;
  /** The device, once it was requested. */
  gpu(): GPUDevice;
  /** The buffers that were made so far, in order. */
  readonly buffers: readonly GPUBuffer[];
}

/**
 * A new adapter of this machine. Its devices are called `NAME`, so that messages are the same
 * everywhere; `spoil` changes what they do.
 */
export async function holdAdapter(
  name: string,
  spoil: (gpu: GPUDevice) => void = () => {},
): Promise<HeldAdapter> {
  const found = await findAdapter();
  if ("missing" in found) throw new Error(found.missing);
  let device: GPUDevice | undefined;
  const buffers: GPUBuffer[] = [];
  const adapter = {
    limits: found.adapter.limits,
    async requestDevice(descriptor?: GPUDeviceDescriptor) {
      const made = device = await found.adapter.requestDevice(descriptor);
      const create = made.createBuffer.bind(made);
      made.createBuffer = (options) => {
        const buffer = create(options);
        buffers.push(buffer);
        return buffer;
      };
      spoil(made);
      return made;
    },
  } as GPUAdapter;
  return { adapter: { adapter, name, software: found.software }, gpu: () => device!, buffers };
}
