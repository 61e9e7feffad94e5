/** Lets a thread that computes for minutes hear its messages. */

/** How long a thread may be deaf, in milliseconds. */
const BREATH_MS = 50;

let last = performance.now();

/**
 * Gives the event loop a turn if it has had none for a while: interruptions and heartbeats arrive
 * between two calls of this. Costs nothing otherwise.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - last < BREATH_MS) return;
  await new Promise((resolve) => setTimeout(resolve));
  last = performance.now();
}
