/**
 * A thread of a wasm device: a Worker that waits at a barrier, runs what it is told, and waits
 * again.
 */

import { abort, arrive, commandOf, STOP, viewControl } from "./control.ts";
import type { Step } from "./launch_list.ts";
import {
  instantiate,
  prepareProgram,
  prepareTimedProgram,
  type ThreadMemory,
} from "./run_steps.ts";
import { clocksOf, type TimesMemory } from "./thread_times.ts";

/**
 * What a thread is sent once, at its start. It answers `"ready"`, and `"ended"` when it is through.
 */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  readonly thread: number;
  readonly threads: number;
  readonly place: ThreadMemory;
  readonly programs: readonly { readonly steps: readonly Step[] }[];
  /** For a device that can be profiled: then the programs come again behind themselves, timed. */
  readonly times: TimesMemory | undefined;
}

/** The global object of a Worker. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ThreadStart>) => void) | null;
  postMessage(message: "ready" | "ended"): void;
  close(): void;
}
const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data }: MessageEvent<ThreadStart>) => {
  const control = viewControl(data.control, data.threads);
  const codeOf = instantiate(data.module, data.memory);
  const programs = data.programs.map(({ steps }) =>
    prepareProgram(steps, codeOf, data.place, control, data.thread)
  );
  const clocks = data.times && clocksOf(data.times, data.programs, data.thread);
  clocks?.forEach((clock, i) => {
    const { steps } = data.programs[i];
    programs.push(prepareTimedProgram(steps, codeOf, data.place, control, data.thread, clock));
  });
  scope.postMessage("ready");
  try {
    while (arrive(control) === "released") {
      const command = commandOf(control);
      if (command === STOP || programs[command](Infinity) !== "released") break;
    }
  } catch (error) {
    abort(control, data.thread, error instanceof Error ? error.message : String(error));
  }
  scope.postMessage("ended");
  scope.close();
};
