/** Keeps graphics drivers from printing to standard error. */

/**
 * Without a desktop, drivers on Linux complain that XDG_RUNTIME_DIR is not set, where they would
 * look for a screen. Called before this process first asks for an adapter, this gives them a
 * folder.
 */
export function quietDrivers(): void {
  if (Deno.build.os !== "linux" || Deno.env.has("XDG_RUNTIME_DIR")) return;
  Deno.env.set("XDG_RUNTIME_DIR", Deno.env.get("TMPDIR") ?? "/tmp");
}
