/** Positions of memory that is no operand, where positions of operands stand. */

/** Memory of the thread's own: what passes over a row leave for later ones. */
export const THREAD_SCRATCH = -1;
/** Memory that all threads share: what one launch leaves for the next. */
export const SCRATCH = -2;
