/** Tells a host of waits that may overlap. */

import type { Wait, WaitListener } from "../device.ts";

/** Tells that a wait begins; what it returns tells that it has ended. */
export type BeginWait = (wait: Wait) => () => void;

/**
 * Waits that overlap are told as one, of which the first is named: together they take as long as
 * one after the other. Each that ends is a sign of life: those that are left begin anew.
 */
export function tellWaits(onWait: WaitListener = () => {}): BeginWait {
  const open = new Set<Wait>();
  const tell = () => {
    const [first] = open;
    if (!first) return onWait();
    let limitMs = 0;
    for (const wait of open) limitMs += wait.limitMs;
    onWait({ what: first.what, limitMs });
  };
  return (wait) => {
    const begun = { ...wait };
    open.add(begun);
    tell();
    return () => {
      open.delete(begun);
      tell();
    };
  };
}

/** Waits for `done` to be done. */
export async function waitFor<T>(
  begin: BeginWait,
  wait: Wait,
  done: () => Promise<T>,
): Promise<T> {
  const end = begin(wait);
  try {
    return await done();
  } finally {
    end();
  }
}
