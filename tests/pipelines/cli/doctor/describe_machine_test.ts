import assert from "node:assert/strict";
import { adviceOf, problemsOf } from "../../../../pipelines/cli/doctor/advice.ts";
import { describeMachine } from "../../../../pipelines/cli/doctor/describe_machine.ts";
import type { MachineFacts, WebgpuFacts } from "../../../../pipelines/cli/doctor/machine_facts.ts";

const LLVMPIPE = "llvmpipe (LLVM 15.0.6, 256 bits)";
const software: WebgpuFacts = {
  name: LLVMPIPE,
  software: true,
  features: { "shader-f16": true, "timestamp-query": true, subgroups: false },
  limits: {
    maxBufferSize: 2 ** 31 - 1,
    maxStorageBufferBindingSize: 2 ** 27,
    maxStorageBuffersPerShaderStage: 32,
    maxComputeWorkgroupStorageSize: 2 ** 15,
    maxComputeInvocationsPerWorkgroup: 1024,
  },
};
const real: WebgpuFacts = { ...software, name: "NVIDIA H200", software: false };
const missing = { missing: "no WebGPU adapter was found" };

/** A machine with Mesa's drivers and no GPU. */
const machine: MachineFacts = {
  sluice: "0.1.0",
  deno: "2.9.6",
  system: "x86_64-unknown-linux-gnu",
  os: "linux",
  webgpu: software,
  vulkan: {
    loader: true,
    drivers: ["/usr/share/vulkan/icd.d/lvp_icd.x86_64.json"],
    devices: [{ name: LLVMPIPE, type: "CPU" }],
  },
  cpu: { arch: "x86_64", threads: 2, simd: true, relaxed_simd: true, relaxed_madd: "fused" },
  memory: 3 * 2 ** 30,
  blas: [],
  engine: {
    engine: "wasm",
    reason: `auto: the only WebGPU adapter is software, ${LLVMPIPE}`,
  },
};
const withoutAdapter: MachineFacts = {
  ...machine,
  webgpu: missing,
  engine: { engine: "wasm", reason: "auto: no WebGPU adapter was found" },
};
const withGpu: MachineFacts = {
  ...machine,
  webgpu: real,
  vulkan: { ...machine.vulkan!, devices: [{ name: "NVIDIA H200", type: "GPU" }] },
  engine: { engine: "webgpu", reason: "auto: this machine has a GPU", adapter: "NVIDIA H200" },
};

const NVIDIA = "NVIDIA GPUs have theirs in NVIDIA's own driver; in a container, " +
  "NVIDIA_DRIVER_CAPABILITIES=all makes it visible.";
const PACKAGES = "Debian, Ubuntu: apt-get install libvulkan1 mesa-vulkan-drivers; " +
  "Fedora: dnf install vulkan-loader mesa-vulkan-drivers.";

Deno.test("describeMachine() tells of a machine with a software adapter", () => {
  assert.equal(
    describeMachine(machine),
    `Sluice 0.1.0, Deno 2.9.6, x86_64-unknown-linux-gnu

WebGPU  llvmpipe (LLVM 15.0.6, 256 bits): a software adapter, it computes on the CPU, through Vulkan
        has shader-f16, timestamp-query; lacks subgroups
        buffers of up to 2.00 GiB, a shader sees 32 with up to 128.00 MiB of each
        workgroups of up to 1024 invocations with 32.00 KiB
        a shader that was run for trial computed what it should
Vulkan  the loader libvulkan.so.1 is there
        drivers: lvp_icd.x86_64.json
        devices: llvmpipe (LLVM 15.0.6, 256 bits) (CPU)
CPU     x86_64, 2 threads
        WebAssembly has SIMD and relaxed SIMD, whose multiply-add is rounded once
        Workers start and share memory
Memory  3.00 GiB
BLAS    none was found; this version computes without
Runs    take engine wasm, 2 threads (auto: the only WebGPU adapter is software, ${LLVMPIPE})

- If this machine has a GPU, its Vulkan driver is missing or this user may not use it (groups video and render). ${PACKAGES} ${NVIDIA}
`,
  );
});

Deno.test("describeMachine() tells of a machine without the Vulkan loader", () => {
  const text = describeMachine({
    ...withoutAdapter,
    vulkan: { loader: false, drivers: [], devices: [] },
  });
  assert.match(
    text,
    /^WebGPU {2}no WebGPU adapter was found\nVulkan {2}the loader libvulkan.so.1 /m,
  );
  assert.match(text, /libvulkan\.so\.1 cannot be loaded\n {8}drivers: none\n {8}devices: none\n/);
  assert.match(
    text,
    /\nRuns {4}take engine wasm, 2 threads \(auto: no WebGPU adapter was found\)\n\n/,
  );
  const [, notes] = text.split("\n\n- ");
  assert.equal(
    notes,
    "Install the Vulkan loader and a driver: libvulkan.so.1 cannot be loaded. " +
      `${PACKAGES} ${NVIDIA}\n`,
  );
});

Deno.test("describeMachine() has no advice where there is a GPU", () => {
  const text = describeMachine({
    ...withGpu,
    blas: [{ library: "libopenblas.so.0", loads: true }],
  });
  assert.match(text, /^WebGPU {2}NVIDIA H200: a GPU, through Vulkan\n/m);
  assert.match(text, /^BLAS {4}libopenblas.so.0; this version computes without\n/m);
  assert.match(
    text,
    /\nRuns {4}take engine webgpu, NVIDIA H200 \(auto: this machine has a GPU\)\n$/,
  );
});

Deno.test("describeMachine() says what was not tried", () => {
  const { memory: _, ...rest } = withoutAdapter;
  const text = describeMachine({
    ...rest,
    vulkan: { drivers: [] },
    blas: [{ library: "/usr/lib/libblas.so.3" }, { library: "libmkl_rt.so.2", loads: false }],
  });
  assert.match(text, /^Vulkan {2}the loader libvulkan.so.1 was not tried\n {8}drivers: none\nCPU/m);
  assert.match(
    text,
    /^BLAS {4}\/usr\/lib\/libblas.so.3 \(not tried\), libmkl_rt.so.2 \(without a cblas_sgemm /m,
  );
  assert.doesNotMatch(text, /Memory/);
});

const drivers = ["/usr/share/vulkan/icd.d/nvidia_icd.json"];
const advised: readonly [string, Partial<MachineFacts>, string[]][] = [
  [
    "a variable that names no driver",
    {
      vulkan: {
        loader: true,
        override: { variable: "VK_DRIVER_FILES", value: "/nonexistent" },
        drivers: [],
        devices: [],
      },
      backend: "vulkan",
    },
    [
      "Unset VK_DRIVER_FILES, or let it name the manifest of a driver: it is /nonexistent, " +
      "and there is none.",
    ],
  ],
  [
    "no driver",
    { vulkan: { loader: true, drivers: [], devices: [] } },
    [
      "Install a Vulkan driver: there is no manifest of one in the folders vulkan/icd.d. " +
      `${PACKAGES} ${NVIDIA}`,
    ],
  ],
  [
    "a driver without a device",
    { vulkan: { loader: true, drivers, devices: [] } },
    [
      "The Vulkan drivers found no device (nvidia_icd.json). A GPU needs its own driver, and this " +
      `user may have to be in the groups video and render. ${NVIDIA}`,
    ],
  ],
  [
    "a backend that is not there",
    { os: "windows", vulkan: undefined, backend: "vulkan" },
    [
      "Unset DENO_WEBGPU_BACKEND: it is vulkan, and nothing else is tried.",
      "Install or update the driver of the GPU: WebGPU needs Direct3D 12 or Vulkan.",
    ],
  ],
  [
    "a backend that leaves Vulkan out",
    { backend: "gl" },
    ["Unset DENO_WEBGPU_BACKEND: it is gl, and nothing else is tried."],
  ],
  [
    "a backend that is empty",
    { backend: "" },
    ["Unset DENO_WEBGPU_BACKEND: it is empty, and nothing else is tried."],
  ],
  [
    "a loader that hangs",
    { vulkan: { drivers, problem: "there was no answer within 20 s" } },
    [
      "Update or remove a Vulkan driver: asked for its devices, the loader failed " +
      "(there was no answer within 20 s).",
    ],
  ],
  [
    "an empty variable that names no driver",
    {
      vulkan: {
        loader: true,
        override: { variable: "VK_DRIVER_FILES", value: "" },
        drivers: [],
        devices: [],
      },
    },
    [
      "Unset VK_DRIVER_FILES, or let it name the manifest of a driver: it is empty, " +
      "and there is none.",
    ],
  ],
  [
    "a Mac",
    { os: "darwin", vulkan: undefined },
    ["WebGPU computes through Metal, which macOS has; a virtual machine may lack it."],
  ],
] as readonly [string, Partial<MachineFacts>, string[]][];
for (const [what, facts, advice] of advised) {
  Deno.test(`adviceOf() tells what to do about ${what}`, () => {
    assert.deepEqual(adviceOf({ ...withoutAdapter, ...facts }), advice);
  });
}

Deno.test("adviceOf() wants Vulkan where a GPU computes through OpenGL", () => {
  const vulkan = { loader: false, drivers: [], devices: [] };
  assert.match(adviceOf({ ...withGpu, vulkan })[0], /^Install the Vulkan loader and a driver: /);
  assert.match(describeMachine({ ...withGpu, vulkan }), /NVIDIA H200: a GPU, through OpenGL\n/);
});

Deno.test("adviceOf() does not miss a driver where there are devices", () => {
  const odd = { ...machine, vulkan: { ...machine.vulkan!, drivers: [] } };
  assert.match(adviceOf(odd)[0], /^If this machine has a GPU, its Vulkan driver is missing or /);
  assert.match(describeMachine(odd), /^ {8}drivers: none in the usual folders\n {8}devices: llvm/m);
});

Deno.test("describeMachine() believes DENO_WEBGPU_BACKEND more than names, which are the same", () => {
  for (const backend of ["gl", "GLES,dx12"]) {
    assert.match(describeMachine({ ...machine, backend }), /on the CPU, through OpenGL \(DENO_/);
  }
  for (const backend of ["vulkan", "gl, VK"]) {
    assert.match(describeMachine({ ...machine, backend }), /on the CPU, through Vulkan \(DENO_/);
  }
});

Deno.test("adviceOf() keeps off an adapter that computes wrongly", () => {
  const webgpu = { ...real, trial_problem: "twice 3 is 0" };
  assert.deepEqual(adviceOf({ ...withGpu, webgpu }), [
    "Take --engine wasm, or update the driver: a shader that was run for trial on NVIDIA H200 " +
    "failed (twice 3 is 0).",
  ]);
  assert.match(
    describeMachine({ ...withGpu, webgpu }),
    /^ {8}a shader that was run for trial failed: twice 3 is 0\n/m,
  );
});

Deno.test("problemsOf() is empty but where no run can work", () => {
  for (const facts of [machine, withoutAdapter, withGpu]) assert.deepEqual(problemsOf(facts), []);
  const cpu = { ...machine.cpu, worker_problem: "no threads are left" };
  assert.deepEqual(problemsOf({ ...withGpu, cpu }), [
    "Runs cannot start: they need Workers that share memory (no threads are left).",
  ]);
  const old = { arch: "x86_64", threads: 1, simd: true, relaxed_simd: false };
  assert.deepEqual(problemsOf({ ...withGpu, cpu: old }), []);
  assert.deepEqual(problemsOf({ ...machine, cpu: old }), [
    "Engine wasm cannot run: this processor or Deno has no WebAssembly relaxed SIMD; " +
    "--engine reference computes without, slowly.",
  ]);
  assert.match(
    describeMachine({ ...machine, cpu: old }),
    /^CPU {5}x86_64, 1 thread\n {8}WebAssembly has SIMD and no relaxed SIMD\n/m,
  );
});
