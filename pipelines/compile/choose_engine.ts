/** Which engine a run computes with, and why. */

import {
  type AdapterFound,
  type AdapterMissing,
  findAdapter,
} from "../../runtime/webgpu/find_adapter.ts";

/** What may be asked for: an engine, or `auto` for webgpu on a GPU and wasm where there is none. */
export type EngineRequest = "auto" | "webgpu" | "wasm" | "reference";
/** Everything that may be asked for. */
export const engineRequests: readonly EngineRequest[] = ["auto", "webgpu", "wasm", "reference"];

/** An engine and the reason it was taken, for people. */
export interface EngineChoice {
  readonly engine: "webgpu" | "wasm" | "reference";
  readonly reason: string;
  /** The adapter of engine webgpu, with its driver as far as it is told. Results depend on it. */
  readonly adapter?: string;
}

/** What matters of an adapter here. */
export type AdapterNamed = Pick<AdapterFound, "name" | "software">;
/** Looks for an adapter. */
export type AdapterFinder = () => Promise<AdapterNamed | AdapterMissing>;

/**
 * Chooses. `auto` is webgpu on a GPU and wasm where there is none: a software adapter computes on
 * the same cores as wasm and is only used when asked for. Webgpu without any adapter is an error.
 */
export async function chooseEngine(
  request: EngineRequest,
  find: AdapterFinder = findAdapter,
): Promise<EngineChoice> {
  switch (request) {
    case "auto": {
      const found = await find();
      if ("missing" in found) return { engine: "wasm", reason: `auto: ${found.missing}` };
      const { name, software } = found;
      return software
        ? { engine: "wasm", reason: `auto: the only WebGPU adapter is software, ${name}` }
        : { engine: "webgpu", reason: "auto: this machine has a GPU", adapter: name };
    }
    case "webgpu": {
      const found = await find();
      if ("missing" in found) {
        throw new Error(
          `Cannot use engine webgpu: ${found.missing}; deno task doctor tells what there should be`,
        );
      }
      const { name, software } = found;
      const reason = software ? "asked for; a software adapter" : "asked for";
      return { engine: "webgpu", reason, adapter: name };
    }
    case "wasm":
    case "reference":
      return { engine: request, reason: "asked for" };
  }
}

/** One line about the engine of a run: `engine wasm, 2 threads (asked for)`. */
export function describeEngine({ engine, adapter, reason }: EngineChoice, threads: number): string {
  const where = {
    webgpu: `, ${adapter}`,
    wasm: `, ${threads} ${threads === 1 ? "thread" : "threads"}`,
    reference: "",
  };
  return `engine ${engine}${where[engine]} (${reason})`;
}
