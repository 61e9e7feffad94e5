import assert from "node:assert/strict";
import { join } from "node:path";
import { findManifests } from "../../../../pipelines/cli/doctor/find_manifests.ts";
import { withFolder } from "../../compile/_with_folder.ts";

/** A system whose drivers have these manifests. */
async function withManifests(
  names: readonly string[],
  test: (root: string, paths: string[]) => void,
): Promise<void> {
  await withFolder(async (root) => {
    const paths = names.map((name) => join(root, name));
    for (const path of paths) {
      await Deno.mkdir(join(path, ".."), { recursive: true });
      await Deno.writeTextFile(path, "{}");
    }
    test(root, paths);
  });
}

Deno.test("findManifests() lists the manifests in the folders of the system", () =>
  withManifests([
    "etc/vulkan/icd.d/b.json",
    "usr/share/vulkan/icd.d/a.json",
    "usr/share/vulkan/icd.d/notes.txt",
  ], (root, [b, a]) => {
    assert.deepEqual(findManifests(() => undefined, root).drivers, [b, a]);
  }));

Deno.test("findManifests() lists what a variable names, and that alone", () =>
  withManifests(["etc/vulkan/icd.d/b.json", "mine/c.json"], (root, [, c]) => {
    const env = new Map([
      ["VK_ICD_FILENAMES", "/elsewhere/d.json"],
      ["VK_DRIVER_FILES", `${c}:/nonexistent`],
    ]);
    const { override, drivers } = findManifests((name) => env.get(name), root);
    assert.deepEqual(drivers, [c]);
    assert.deepEqual(override, { variable: "VK_DRIVER_FILES", value: `${c}:/nonexistent` });
  }));

Deno.test("findManifests() takes empty variables for those that are not set", () =>
  withManifests(
    ["home/.config/vulkan/icd.d/a.json", "usr/share/vulkan/icd.d/b.json"],
    (root, paths) => {
      const empty = new Map([["XDG_DATA_DIRS", ""], ["XDG_CONFIG_HOME", ""], ["HOME", "/home"]]);
      assert.deepEqual(findManifests((name) => empty.get(name), root).drivers, paths);
    },
  ));

Deno.test("findManifests() adds what a variable adds", () =>
  withManifests(["mine/c.json", "etc/vulkan/icd.d/b.json"], (root, [c, b]) => {
    const env = (name: string) => name === "VK_ADD_DRIVER_FILES" ? `${c}:` : undefined;
    assert.deepEqual(findManifests(env, root).drivers, [c, b]);
  }));
