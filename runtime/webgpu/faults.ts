/** What has gone wrong on a GPU device: it tells asynchronously, to nobody in particular. */

/** The first fault of a device. */
export interface Faults {
  /** What went wrong, for the end of a message; undefined if nothing has. */
  first(): string | undefined;
  /** Adds what a caller has found out. */
  note(fault: string): void;
  /** Waits a moment for the device to say why a call of it failed. */
  explain(error: unknown): Promise<string>;
  /** From now on the device may go. */
  close(): void;
}

/** Time for a lost device to say so, in milliseconds. */
const MOMENT_MS = 200;

/** Listens to a device: to its loss, and to errors that no error scope catches. */
export function watchFaults(device: GPUDevice): Faults {
  let fault: string | undefined;
  let closed = false;
  const note = (text: string) => {
    if (!closed) fault ??= text;
  };
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    // Deno types it as any event.
    note(describeError((event as GPUUncapturedErrorEvent).error));
  });
  const lost = device.lost.then(({ reason, message }) => {
    // A lost device makes other errors follow: the loss is what to tell.
    if (!closed) fault = `the device was lost (${reason}): ${oneLine(message)}`;
  });
  return {
    first: () => fault,
    note,
    async explain(error) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const moment = new Promise<void>((resolve) => timer = setTimeout(resolve, MOMENT_MS));
      await Promise.race([lost, moment]);
      clearTimeout(timer);
      note(error instanceof Error ? oneLine(error.message) : String(error));
      return fault!;
    },
    close() {
      closed = true;
    },
  };
}

/** `out of memory: ...`, or what the device refused. */
export function describeError(error: GPUError): string {
  const kind = error instanceof GPUOutOfMemoryError ? "the device is out of memory" : "refused";
  return `${kind}: ${oneLine(error.message)}`;
}

/** A message in one line, without the drawings of source lines that some implementations add. */
export function oneLine(message: string): string {
  return message.split("\n").filter((line) => !/[│┌]/.test(line)).map((line) => line.trim())
    .filter((line) => line !== "").join("; ");
}
