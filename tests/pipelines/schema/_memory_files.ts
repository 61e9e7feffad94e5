import type { FileSystem } from "../../../pipelines/schema/file_system.ts";

/** Files that exist only in a test, by absolute path. */
export function memoryFiles(texts: Readonly<Record<string, string>>): FileSystem {
  return {
    readText(path) {
      const text = texts[path];
      if (text === undefined) throw new Error("there is no such file");
      return text;
    },
    kind(path) {
      if (Object.hasOwn(texts, path)) return "file";
      return Object.keys(texts).some((other) => other.startsWith(`${path}/`))
        ? "folder"
        : undefined;
    },
    glob(pattern) {
      const source = pattern.replace(/[.+^$()|\\]/g, "\\$&").replaceAll("*", "[^/]*");
      return Object.keys(texts).filter((path) => new RegExp(`^${source}$`).test(path)).sort();
    },
  };
}
