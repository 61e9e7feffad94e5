/** Starts a Worker as runs do, and lets it share memory. */

/** Milliseconds in which the Worker has to answer. */
const DEADLINE = 20_000;

/** The problem with Workers; undefined if they do. */
export async function tryWorker(
  address: URL = new URL("./trial_worker.ts", import.meta.url),
): Promise<string | undefined> {
  let worker: Worker;
  try {
    worker = new Worker(address, { type: "module", deno: { permissions: "none" } });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const words = new Int32Array(memory.buffer);
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  worker.onmessage = () => {
    resolve(Atomics.load(words, 0) === 1 ? undefined : "Workers do not share memory");
  };
  worker.onerror = (event) => {
    event.preventDefault();
    resolve(event.message);
  };
  const timer = setTimeout(
    () => resolve(`a Worker did not answer within ${DEADLINE / 1000} s`),
    DEADLINE,
  );
  worker.postMessage(memory);
  const problem = await promise;
  clearTimeout(timer);
  worker.terminate();
  return problem;
}
