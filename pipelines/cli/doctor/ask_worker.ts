/** Asks a Worker something that may never answer. */

/** Milliseconds in which a Worker has to answer. */
const DEADLINE = 20_000;

/** What came of it: an answer, or why there is none. */
export type Answer<T> = { readonly answer: T } | { readonly problem: string };

/**
 * Starts a Worker, sends it a message and gives its first answer. A native library that hangs
 * blocks the thread that called it: in a Worker that is not the thread that watches the time.
 */
export async function askWorker<T>(
  address: URL,
  message: unknown,
  permissions: "none" | Deno.PermissionOptionsObject,
  deadline: number = DEADLINE,
): Promise<Answer<T>> {
  let worker: Worker;
  try {
    worker = new Worker(address, { type: "module", deno: { permissions } });
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  const { promise, resolve } = Promise.withResolvers<Answer<T>>();
  worker.onmessage = ({ data }) => resolve({ answer: data });
  worker.onerror = (event) => {
    event.preventDefault();
    resolve({ problem: event.message });
  };
  const timer = setTimeout(
    () => resolve({ problem: `there was no answer within ${deadline / 1000} s` }),
    deadline,
  );
  worker.postMessage(message);
  const answer = await promise;
  clearTimeout(timer);
  worker.terminate();
  return answer;
}
