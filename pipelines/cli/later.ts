/** Tasks and flags that are part of the language of the command line, and not of this version. */

/** What each flag is for, and what to do without it. */
export const laterFlags: Readonly<Record<string, string>> = {
  blas: "native matrix products come later, this version computes without them",
  shard: "runs in several processes come later, run the whole pipeline in one",
  remeasure: "measure stages come later, there is nothing to measure again",
};

/** What each task is for, and what to do without it. */
export const laterTasks: Readonly<Record<string, string>> = {
  eval: "evaluation of a checkpoint by itself comes later; add an eval stage to the pipeline",
  rescore: "scoring of kept answers comes later; an eval stage runs again when it changes",
};
