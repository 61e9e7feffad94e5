import assert from "node:assert/strict";
import { join } from "node:path";
import { findVulkanFacts } from "../../../../pipelines/cli/doctor/find_vulkan_facts.ts";
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

Deno.test("findVulkanFacts() lists the manifests in the folders of the system", () =>
  withManifests([
    "etc/vulkan/icd.d/b.json",
    "usr/share/vulkan/icd.d/a.json",
    "usr/share/vulkan/icd.d/notes.txt",
  ], (root, [b, a]) => {
    assert.deepEqual(findVulkanFacts(() => undefined, root).drivers, [b, a]);
  }));

Deno.test("findVulkanFacts() lists what a variable names, and that alone", () =>
  withManifests(["etc/vulkan/icd.d/b.json", "mine/c.json"], (root, [, c]) => {
    const env = new Map([
      ["VK_ICD_FILENAMES", "/elsewhere/d.json"],
      ["VK_DRIVER_FILES", `${c}:/nonexistent`],
    ]);
    const { override, drivers } = findVulkanFacts((name) => env.get(name), root);
    assert.deepEqual(drivers, [c]);
    assert.deepEqual(override, { variable: "VK_DRIVER_FILES", value: `${c}:/nonexistent` });
  }));
