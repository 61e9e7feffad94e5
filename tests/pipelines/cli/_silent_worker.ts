/** A Worker that says it is ready and then does what its name says: nothing, or throw. */

const scope = globalThis as unknown as {
  readonly name: string;
  postMessage(message: unknown): void;
  onmessage: (() => void) | null;
};
scope.onmessage = () => {
  scope.postMessage({ type: "log", line: "model: runs" });
  if (scope.name === "throw") throw new Error("out of luck");
};
scope.postMessage({ type: "ready" });
