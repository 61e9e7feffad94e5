/** The owner's side of a thread: starts the Worker and sees it end. */

import type { ThreadStart } from "./thread_worker.ts";

/** A running thread. */
export interface Thread {
  /** Resolves when the Worker has ended by itself, or has been ended because it would not. */
  end(): Promise<void>;
}

/** How long a thread that was told to stop may take, in milliseconds. */
const GRACE_MS = 2_000;

/** Starts a thread; resolves when it waits for its first command. */
export function startThread(name: string, start: ThreadStart): Promise<Thread> {
  const worker = new Worker(new URL("./thread_worker.ts", import.meta.url), {
    type: "module",
    name,
  });
  const ended = Promise.withResolvers<void>();
  const thread: Thread = {
    async end() {
      const timer = setTimeout(ended.resolve, GRACE_MS);
      await ended.promise;
      clearTimeout(timer);
      worker.terminate();
    },
  };
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<"ready" | "ended">) => {
      if (data === "ready") resolve(thread);
      else ended.resolve();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      ended.resolve();
      reject(new Error(`Cannot start ${name}: ${event.message}`));
    };
    worker.postMessage(start);
  });
}
