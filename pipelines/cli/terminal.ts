/** What a person sees of a run: lines, and below them one line that is rewritten. */

/** Milliseconds between progress lines where lines cannot be rewritten. */
const SPARSE = 10_000;

/** A place to write to. */
export interface Output {
  readonly write: (text: string) => void;
  /** Characters of a line if it is a terminal, whose lines can be rewritten. */
  readonly columns: number | undefined;
}

/** Writes lines. */
export interface Terminal {
  log(line: string): void;
  /** Shows how far something is: at once on a terminal, otherwise now and then. */
  progress(line: string): void;
}

/** A terminal over an output; `now` gives milliseconds. */
export function createTerminal(
  { write, columns }: Output,
  now: () => number = () => performance.now(),
): Terminal {
  let open = false;
  let last = now();
  const clear = () => {
    if (open) write("\r\x1b[K");
    open = false;
  };
  return {
    log(line) {
      clear();
      write(printable(line) + "\n");
    },
    progress(line) {
      if (columns !== undefined) {
        write(`\r${printable(line).slice(0, columns - 1)}\x1b[K`);
        open = true;
      } else if (now() - last >= SPARSE) {
        last = now();
        write(printable(line) + "\n");
      }
    },
  };
}

/** A terminal that shows nothing. */
export const silent: Terminal = { log: () => {}, progress: () => {} };

/** Text without control characters: data must not steer a terminal. Line breaks and tabs stay. */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- finding these is the purpose
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "\ufffd");
}

/** Standard output or standard error. Once nobody reads it any more, what is written to it is lost. */
export function standardOutput(stream: "stdout" | "stderr"): Output {
  const out = Deno[stream];
  const encoder = new TextEncoder();
  let closed = false;
  return {
    write(text) {
      const bytes = encoder.encode(text);
      try {
        for (let at = 0; at < bytes.length && !closed;) at += out.writeSync(bytes.subarray(at));
      } catch (error) {
        // The reader of a pipe (`| head`) may leave: that must not end a run.
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
        closed = true;
      }
    },
    columns: out.isTerminal() ? Deno.consoleSize().columns : undefined,
  };
}
