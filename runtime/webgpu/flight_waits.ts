/** Waits for what a device has in flight: told to the host, as long as the device's pace allows. */

import type { Faults } from "./faults.ts";
import type { Pace } from "./pace.ts";
import type { InFlight, PreparedProgram } from "./recorder.ts";
import { type BeginWait, waitFor } from "./tell_waits.ts";

/** Waits for a device. */
export interface FlightWaits {
  /** Calls `submit`, which may block until the device has come further with what is in flight. */
  guard(flight: InFlight, submit: () => void): void;
  /** Waits for `done`, which comes with the end of a flight. If that fails, it is a fault. */
  wait(flight: InFlight, done: () => Promise<unknown>): Promise<void>;
  /** What went wrong and what was in flight then, `now` if that is not known; else undefined. */
  fault(now: InFlight): string | undefined;
}

/** Waits for the device `name`. */
export function makeFlightWaits(
  name: string,
  faults: Faults,
  pace: Pace,
  begin: BeginWait,
): FlightWaits {
  /** Programs that the device has finished before. */
  const known = new Set<PreparedProgram>();
  /** What was in flight when something went wrong. */
  let broken: string | undefined;
  const isNew = ({ programs }: InFlight) =>
    [...programs.keys()].some((program) => !known.has(program));
  const describe = (flight: InFlight) => {
    // After a fault, nobody knows how much the device still has to do.
    const first = isNew(flight) || faults.first() !== undefined;
    return {
      what: `${name}${describeFlight(flight)}`,
      limitMs: pace.limitMs(flight.cost, first),
    };
  };
  return {
    guard(flight, submit) {
      const end = begin(describe(flight));
      try {
        submit();
      } finally {
        end();
      }
    },
    async wait(flight, done) {
      const first = isNew(flight);
      try {
        await waitFor(begin, describe(flight), done);
      } catch (error) {
        await faults.explain(error);
      }
      if (faults.first() !== undefined) {
        broken ??= describeFlight(flight);
        return;
      }
      // The first launch of a program takes longer, since drivers compile then: it tells nothing.
      if (!first) pace.note(flight.cost, performance.now() - flight.since);
      for (const program of flight.programs.keys()) known.add(program);
    },
    fault(now) {
      const fault = faults.first();
      return fault && fault + (broken ??= describeFlight(now));
    },
  };
}

/** `, in flight: 3 x step (120 launches, the costliest op einsum ...), 3 x update (...)` */
function describeFlight({ programs }: InFlight): string {
  if (programs.size === 0) return "";
  const runs = [...programs].map(([{ name, pipelines, costliest }, times]) =>
    `${times} x ${name} (${pipelines.length} launches, the costliest ${costliest})`
  );
  return `, in flight: ${runs.join(", ")}`;
}
