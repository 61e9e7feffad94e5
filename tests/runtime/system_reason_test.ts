import assert from "node:assert/strict";
import { messageOf } from "../../runtime/system_reason.ts";

Deno.test("messageOf() tells of a denied access without a hint to give more rights", () => {
  const denied = (text: string) => messageOf(new Deno.errors.NotCapable(text));
  assert.equal(
    denied('Requires read access to "/a b/c", run again with the --allow-read flag'),
    "Cannot read /a b/c: Deno denies access to it",
  );
  assert.equal(
    denied('Requires all access to "/proc/x", run again with the --allow-all flag'),
    "Cannot use /proc/x: Deno denies access to it",
  );
  assert.equal(denied("Other"), "Cannot use what this needs: Deno denies access to it");
  assert.equal(messageOf(new Error("it broke")), "it broke");
  assert.equal(messageOf("it broke"), "it broke");
});
