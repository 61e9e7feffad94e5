/** Which engine a run computes with, and why. */

/** What may be asked for. */
export const engineRequests = ["auto", "webgpu", "wasm", "reference"] as const;
/** What may be asked for. */
export type EngineRequest = (typeof engineRequests)[number];

/** An engine and the reason it was taken, for people. */
export interface EngineChoice {
  readonly engine: "wasm" | "reference";
  readonly reason: string;
}

/** Chooses; an engine that is not there is an error. */
export function chooseEngine(request: EngineRequest): EngineChoice {
  switch (request) {
    case "auto":
      return { engine: "wasm", reason: "auto: this version computes on the CPU" };
    case "webgpu":
      throw new Error(
        "Cannot use engine webgpu: this version computes on the CPU, use --engine wasm",
      );
    case "wasm":
    case "reference":
      return { engine: request, reason: "asked for" };
  }
}
