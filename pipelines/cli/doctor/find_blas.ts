/** Native libraries for matrix products, under their usual names and in their usual folders. */

import { join } from "node:path";
import type { BlasFacts } from "./machine_facts.ts";

/** What libraries are called. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  darwin: ["/System/Library/Frameworks/Accelerate.framework/Accelerate", "libopenblas.dylib"],
  linux: [
    "libmkl_rt.so.2",
    "libopenblas.so.0",
    "libopenblas.so",
    "libblis.so.4",
    "libcblas.so.3",
    "libblas.so.3",
  ],
  windows: ["mkl_rt.2.dll", "libopenblas.dll"],
};

/** Where they may lie beside the places that the system itself searches. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ["/opt/homebrew/opt/openblas/lib", "/usr/local/opt/openblas/lib"],
  linux: [
    `/usr/lib/${Deno.build.arch}-linux-gnu`,
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
    "/opt/intel/oneapi/mkl/latest/lib",
  ],
  windows: [],
};

/** Finds them; those that are there and do not work are told as well. */
export function findBlas(): BlasFacts[] {
  const { os } = Deno.build;
  const mayLoad = Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  return (NAMES[os] ?? []).flatMap((name) => {
    if (mayLoad && loads(name)) return [{ library: name, loads: true }];
    const path = (FOLDERS[os] ?? []).map((folder) => join(folder, name)).find(isThere);
    if (path === undefined) return [];
    return [{ library: path, ...(mayLoad ? { loads: loads(path) } : {}) }];
  });
}

function loads(library: string): boolean {
  try {
    Deno.dlopen(library, { cblas_sgemm: { parameters: [], result: "void" } }).close();
    return true;
  } catch {
    return false;
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
