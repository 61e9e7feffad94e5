/** Ends this process, also where a graphics driver hangs. */

/** The C library of a system. */
const LIBRARIES: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "libc.so.6",
  darwin: "libSystem.B.dylib",
};

/**
 * Gives what ends the process with a status, at once. `Deno.exit()` calls the destructors of
 * libraries, and that of Vulkan's loader waits for the drivers: here none are called, where this
 * may load libraries (which it must be called for before that right is given up) and the system is
 * not Windows.
 */
export function prepareExit(): (status: number) => never {
  const library = LIBRARIES[Deno.build.os];
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  if (library === undefined || state !== "granted") return Deno.exit;
  let end: (status: number) => unknown;
  try {
    end = Deno.dlopen(library, { _exit: { parameters: ["i32"], result: "void" } }).symbols._exit;
  } catch {
    // Not every Linux has its C library under this name.
    return Deno.exit;
  }
  return (status) => {
    end(status);
    return Deno.exit(status);
  };
}
