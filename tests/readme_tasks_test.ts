import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };

Deno.test("README has a row for every task", async () => {
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  const rows = readme.split("\n").filter((line) => line.startsWith("| `deno task "));
  const table = rows.map((row) => row.split(" | ")[0]).join("\n");
  const named = [...table.matchAll(/`deno task (\w+)/g)].map(([, task]) => task);
  assert.deepEqual(named.sort(), Object.keys(config.tasks).sort());
});
