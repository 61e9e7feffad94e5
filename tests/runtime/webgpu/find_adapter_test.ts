import assert from "node:assert/strict";
import { type AdapterSearch, findAdapter } from "../../../runtime/webgpu/find_adapter.ts";

/**
 * WebGPU as a system with these adapters has it: `null` where there is none, an Error where it
 * fails.
 */
function fakeGpu(
  answer: (options?: GPURequestAdapterOptions) => Partial<GPUAdapterInfo> | null | Error,
): GPU {
  return {
    requestAdapter: (options?: GPURequestAdapterOptions) => {
      const info = answer(options);
      if (info instanceof Error) return Promise.reject(info);
      return Promise.resolve(info === null ? null : { info: { ...unnamed, ...info } });
    },
  } as unknown as GPU;
}

const unnamed = {
  vendor: "",
  architecture: "",
  device: "",
  description: "",
  isFallbackAdapter: false,
};

/** Name and kind of what was found, or what is missing. */
function summary(search: AdapterSearch): string {
  if ("missing" in search) return search.missing;
  return `${search.name}: ${search.software ? "software" : "real"}`;
}

const described: readonly [Partial<GPUAdapterInfo>, string][] = [
  [{ description: "NVIDIA H200", vendor: "4318", device: "9013" }, "NVIDIA H200: real"],
  [
    { description: "llvmpipe (LLVM 15.0.6, 256 bits)", isFallbackAdapter: true },
    "llvmpipe (LLVM 15.0.6, 256 bits): software",
  ],
  [{ description: "llvmpipe (LLVM 19.1.7)" }, "llvmpipe (LLVM 19.1.7): software"],
  [{ description: "Microsoft Basic Render Driver" }, "Microsoft Basic Render Driver: software"],
  [{ vendor: "google", architecture: "swiftshader" }, "google swiftshader: software"],
  [{ vendor: "apple", architecture: "metal-3" }, "apple metal-3: real"],
  [{ isFallbackAdapter: true }, "an adapter without a name: software"],
];
for (const [info, expected] of described) {
  Deno.test(`findAdapter() finds ${expected}`, async () => {
    assert.equal(summary(await findAdapter(fakeGpu(() => info))), expected);
  });
}

Deno.test("findAdapter() asks for performance first, then for anything", async () => {
  const asked: (string | undefined)[] = [];
  const search = await findAdapter(fakeGpu((options) => {
    asked.push(options?.powerPreference);
    return options === undefined ? { description: "Intel UHD" } : null;
  }));
  assert.equal(summary(search), "Intel UHD: real");
  assert.deepEqual(asked, ["high-performance", undefined]);
});

Deno.test("findAdapter() says what is missing", async () => {
  assert.deepEqual(await findAdapter(fakeGpu(() => null)), {
    missing: "no WebGPU adapter was found",
  });
  assert.deepEqual(await findAdapter(fakeGpu(() => new Error("unknown backend"))), {
    missing: "WebGPU failed: unknown backend",
  });
});

Deno.test("findAdapter() gives an adapter of this machine that makes a device, or a reason", async () => {
  const search = await findAdapter();
  if ("missing" in search) {
    assert.notEqual(search.missing, "");
    return;
  }
  assert.notEqual(search.name, "");
  const device = await search.adapter.requestDevice();
  device.destroy();
});
