/** The Worker that `tryWorker()` starts: it writes into the memory that it is sent. */

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<WebAssembly.Memory>) => void;
  postMessage(message: string): void;
};

scope.onmessage = ({ data }) => {
  Atomics.store(new Int32Array(data.buffer), 0, 1);
  scope.postMessage("done");
};
