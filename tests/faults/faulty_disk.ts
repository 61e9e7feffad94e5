/**
 * A disk that fails at a chosen call: while it is installed, the functions of Deno that change the
 * disk are counted for the paths below a folder, and one of the calls goes wrong. Calls that it
 * does not count are errors; those of node:fs it cannot see, so a test forbids them.
 */

import { join } from "node:path";

/** What goes wrong at the call. */
export type Fault =
  /** It is refused with an input/output error, and has no effect. */
  | "error"
  /**
   * The disk is full from here on: half of the bytes are written; what needs no space still works.
   */
  | "full"
  /** Fewer bytes are written than were given, which is no error. */
  | "short"
  /** The process is killed in the middle of it: nothing that comes later happens. */
  | "kill";

/** A call that changes the disk. */
export interface DiskCall {
  readonly op: "open" | "write" | "sync" | "truncate" | "rename" | "mkdir" | "remove";
  /** Below the folder. */
  readonly path: string;
  /** Bytes of a write. */
  readonly bytes?: number;
}

/** An installed disk; disposing of it puts the functions of Deno back. */
export interface FaultyDisk extends Disposable {
  /** All calls so far, the failing one included. */
  readonly calls: readonly DiskCall[];
}

/** What the system says. */
const SAYS = {
  EIO: "Input/output error (os error 5)",
  ENOSPC: "No space left on device (os error 28)",
} as const;

/** Operations that need room on the disk. */
const GROWING: readonly DiskCall["op"][] = ["open", "write", "mkdir"];

/** Calls that change a disk too, and that are errors while one is installed. */
const UNWATCHED = [
  "chmod",
  "chmodSync",
  "copyFile",
  "copyFileSync",
  "create",
  "createSync",
  "link",
  "linkSync",
  "mkdirSync",
  "removeSync",
  "renameSync",
  "symlink",
  "symlinkSync",
  "truncate",
  "truncateSync",
  "utime",
  "utimeSync",
  "writeFile",
  "writeFileSync",
  "writeTextFile",
  "writeTextFileSync",
] as const;

/** Installs a disk for the paths below `root` whose call number `at`, from 0, goes wrong. */
export function installDisk(root: string, fault: Fault, at: number): FaultyDisk {
  const calls: DiskCall[] = [];
  const deno = { ...Deno };

  /** Does a call, as much of it as the fault allows; `half` does a part of it. */
  async function change<T>(
    call: DiskCall,
    whole: () => Promise<T>,
    half: () => Promise<T | void> = () => Promise.resolve(),
  ): Promise<T> {
    const index = calls.push(call) - 1;
    const now = index === at;
    if (index < at || fault === "short" && !now) return await whole();
    switch (fault) {
      case "short": {
        const done = call.op === "write" ? await half() : undefined;
        return done === undefined ? await whole() : done;
      }
      case "error":
        if (!now) return await whole();
        throw systemError("EIO");
      case "full":
        if (!GROWING.includes(call.op)) return await whole();
        if (now) await half();
        throw systemError("ENOSPC");
      case "kill":
        if (now) await half();
        throw new Error("killed");
    }
  }

  const below = (path: string | URL): string | undefined => {
    const text = String(path);
    return text === root
      ? "."
      : text.startsWith(root + "/")
      ? text.slice(root.length + 1)
      : undefined;
  };

  /** Counts what is done to an open file. */
  function watch(file: Deno.FsFile, path: string): Deno.FsFile {
    const { write, sync, truncate } = bound(file);
    file.write = (bytes) =>
      change(
        { op: "write", path, bytes: bytes.length },
        () => write(bytes),
        () => write(bytes.subarray(0, Math.ceil(bytes.length / 2))),
      );
    file.sync = () => change({ op: "sync", path }, sync);
    file.truncate = (length) => change({ op: "truncate", path }, () => truncate(length));
    for (const name of ["writeSync", "syncSync", "syncData", "truncateSync"] as const) {
      file[name] = () => goesAround(`${name}() of ${path}`);
    }
    return Object.defineProperty(file, "writable", { get: () => goesAround(`streams to ${path}`) });
  }

  Object.assign(Deno, {
    async open(path: string | URL, options: Deno.OpenOptions = { read: true }) {
      const name = below(path);
      if (name === undefined) return await deno.open(path, options);
      const changes = options.create || options.truncate;
      const open = () => deno.open(path, options);
      const file = changes ? await change({ op: "open", path: name }, open) : await open();
      return watch(file, name);
    },
    openSync(path: string | URL, options: Deno.OpenOptions = { read: true }) {
      const changes = Object.keys(options).some((name) => name !== "read");
      if (changes && below(path) !== undefined) goesAround(`Deno.openSync(${path})`);
      return deno.openSync(path, options);
    },
    async rename(from: string | URL, to: string | URL) {
      const name = below(to);
      const rename = () => deno.rename(from, to);
      return await (name === undefined ? rename() : change({ op: "rename", path: name }, rename));
    },
    async mkdir(path: string | URL, options?: Deno.MkdirOptions) {
      const name = below(path);
      const mkdir = () => deno.mkdir(path, options);
      return await (name === undefined ? mkdir() : change({ op: "mkdir", path: name }, mkdir));
    },
    async remove(path: string | URL, options?: Deno.RemoveOptions) {
      const name = below(path);
      const remove = () => deno.remove(path, options);
      const half = () => removeHalf(deno, String(path));
      return await (name === undefined
        ? remove()
        : change({ op: "remove", path: name }, remove, half));
    },
  });
  for (const name of UNWATCHED) {
    Object.assign(Deno, {
      [name](...args: readonly (string | URL)[]) {
        if (args.some((path) => below(path) !== undefined)) {
          goesAround(`Deno.${name}(${args[0]})`);
        }
        return Reflect.apply(deno[name] as () => unknown, Deno, args);
      },
    });
  }
  return {
    calls,
    [Symbol.dispose]() {
      const { open, openSync, rename, mkdir, remove } = deno;
      Object.assign(Deno, { open, openSync, rename, mkdir, remove });
      for (const name of UNWATCHED) Object.assign(Deno, { [name]: deno[name] });
    },
  };
}

function goesAround(what: string): never {
  throw new Error(`Cannot count ${what}: it goes around the disk`);
}

function systemError(code: keyof typeof SAYS): Error {
  return Object.assign(new Error(SAYS[code]), { code });
}

function bound(file: Deno.FsFile): Pick<Deno.FsFile, "write" | "sync" | "truncate"> {
  return {
    write: file.write.bind(file),
    sync: file.sync.bind(file),
    truncate: file.truncate.bind(file),
  };
}

/** Removes the first half of what is in a folder. */
async function removeHalf(deno: Pick<typeof Deno, "remove" | "readDir">, path: string) {
  const names: string[] = [];
  try {
    for await (const { name } of deno.readDir(path)) names.push(name);
  } catch {
    return; // It is a file, or not there.
  }
  for (const name of names.sort().slice(0, Math.ceil(names.length / 2))) {
    await deno.remove(join(path, name), { recursive: true });
  }
}
