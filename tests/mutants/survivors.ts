/** Mutants that no test can or need find, with the reason. */

/** A line of `kernels/FILE` after the change, and why nothing fails. */
export interface Survivor {
  readonly file: string;
  readonly after: string;
  readonly reason: string;
}

/** Known survivors. */
export const REASONS: readonly Survivor[] = [];
