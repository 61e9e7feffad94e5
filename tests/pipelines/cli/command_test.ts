import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../../pipelines/cli/command.ts";
import { runTask } from "../../../pipelines/cli/run_task.ts";
import { isThere } from "../../../runtime/atomic_file.ts";
import { withFolder } from "../compile/_with_folder.ts";

const folder = fileURLToPath(new URL("../bad", import.meta.url));

/** Calls `run` in a folder; gives the status and what was printed. */
async function run(cwd: string, ...args: readonly string[]) {
  const printed = { out: "", err: "" };
  const code = await runCommand(runTask, args, {
    cwd,
    stdout: { write: (text) => void (printed.out += text), columns: undefined },
    stderr: { write: (text) => void (printed.err += text), columns: undefined },
  });
  return { code, ...printed };
}

const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
  .filter((name) => name.endsWith(".yaml")).map((name) => name.slice(0, -5)).sort();

Deno.test("run refuses each bad pipeline with its text, and leaves nothing behind", async (test) => {
  assert.ok(names.length >= 40);
  for (const name of names) {
    await test.step(name, () =>
      withFolder(async (dir) => {
        const text = await Deno.readTextFile(join(folder, `${name}.yaml`));
        const set = [...text.matchAll(/^# --set (.*)$/gm)].flatMap(([, flag]) => ["--set", flag]);
        const out = join(dir, "out");
        const result = await run(folder, `${name}.yaml`, "--out", out, ...set);
        const expected = await Deno.readTextFile(join(folder, `${name}.txt`));
        assert.deepEqual(result, { code: 1, out: "", err: expected });
        assert.deepEqual([...Deno.readDirSync(dir)], []);
        const json = await run(folder, `${name}.yaml`, "--out", out, "--json", ...set);
        assert.deepEqual([json.code, json.err], [1, expected]);
        assert.ok(JSON.parse(json.out).errors.length > 0);
      }));
  }
  assert.equal(await isThere(join(folder, "runs")), false);
});

Deno.test("runCommand() tells a wrong flag as JSON if it is asked for", async () => {
  const result = await run(folder, "--json", "--foo", "a.yaml");
  assert.equal(result.code, 1);
  assert.match(JSON.parse(result.out).errors[0].message, /^Cannot read --foo: /);
});
