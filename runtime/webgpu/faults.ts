/** What has gone wrong on a GPU device: it tells asynchronously, to nobody in particular. */

/** The first fault of a device. */
export interface Faults {
  /** What went wrong, for the end of a message; undefined if nothing has. */
  first(): string | undefined;
  /** True once the device is lost: it does nothing any more. */
  isLost(): boolean;
  /** Adds what a caller has found out. */
  note(fault: string): void;
  /**
   * Adds why a call of the device failed: what the device says within a moment, or else the error.
   */
  explain(error: unknown): Promise<void>;
  /** From now on the device may go. */
  close(): void;
}

/** Time for a lost device to say so, in milliseconds. */
const MOMENT_MS = 200;

/** Listens to a device: to its loss, and to errors that no error scope catches. */
export function watchFaults(device: GPUDevice): Faults {
  let fault: string | undefined;
  let closed = false;
  let gone = false;
  const note = (text: string) => {
    if (!closed) fault ??= text;
  };
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    // Deno types it as any event.
    note(describeError((event as GPUUncapturedErrorEvent).error));
  });
  const lost = device.lost.then(({ reason, message }) => {
    gone = true;
    // A lost device makes other errors follow: the loss is what to tell.
    if (!closed) fault = `the device was lost (${reason}): ${oneLine(message)}`;
  });
  return {
    first: () => fault,
    isLost: () => gone,
    note,
    async explain(error) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const moment = new Promise<void>((resolve) => timer = setTimeout(resolve, MOMENT_MS));
      await Promise.race([lost, moment]);
      clearTimeout(timer);
      note(error instanceof Error ? oneLine(error.message) : String(error));
    },
    close() {
      closed = true;
    },
  };
}

/**
 * Makes objects of a device. Throws an Error where the device refuses them: it tells only later.
 */
export async function checked<T>(device: GPUDevice, make: () => T): Promise<T> {
  device.pushErrorScope("validation");
  const made = (async () => await make())();
  const [error, objects] = await Promise.all([device.popErrorScope(), made]);
  if (error) throw new Error(describeError(error));
  return objects;
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
