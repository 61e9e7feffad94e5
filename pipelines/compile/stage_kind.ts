/**
 * The interface of a stage kind: what the runner knows about it, and what it gives a stage to run.
 */

import type { CompileOptions } from "../model/compile_model.ts";
import type { Model } from "../model/model.ts";
import type { WaitListener } from "../../runtime/device.ts";

/** How stages get models. */
export interface StageModels {
  /** Compiles model `name` for its data. */
  (name: string, options: CompileOptions): Model;
  /** The folder that a model is read from; undefined for other models, and for what is no model. */
  folderOf(name: string): string | undefined;
}

/** Numbers (and short words) of a finished stage, as they stand in report.json. */
export type Metrics = Readonly<Record<string, unknown>>;

/** A finished stage that another one reads. */
export interface StageOutput {
  readonly id: string;
  readonly kind: string;
  /** The stage's folder; every artifact in it is complete and unchanging. */
  readonly dir: string;
  /** Its resolved configuration, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly metrics: Metrics;
}

/** Where the stages of a run compute. */
export interface Compute {
  readonly engine: "webgpu" | "wasm" | "reference";
  /** Workers of each device, on wasm. */
  readonly threads: number;
  /** Size of each mesh axis; an axis that is absent has size 1. */
  readonly mesh: Readonly<Record<string, number>>;
  /** Is told before the thread blocks to wait for a device. */
  readonly onWait?: WaitListener;
  /** True if a profile of what is computed is asked for. It changes no result. */
  readonly profile?: boolean;
}

/** What a person sees of a running stage: one line, rewritten in place. */
export interface Progress {
  /** `done` of `total` units are finished; the rate and the time left are worked out from these. */
  update(done: number, total: number | undefined, unit: string, detail?: string): void;
}

/** A file that a stage reads, one of those found when the pipeline was checked. */
export interface InputFile {
  /** Absolute. */
  readonly path: string;
  /**
   * Its path below the deepest folder that holds all files of the stage. It makes document ids, so
   * these do not depend on where the files lie.
   */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
}

/**
 * What a stage is given to run with. `Config` is its resolved configuration, defaults filled in.
 */
export interface StageContext<Config> {
  readonly id: string;
  readonly config: Config;
  readonly compute: Compute;
  /** This stage's own seed, derived from the pipeline's seed and the stage's id. */
  readonly seed: number;
  /**
   * The folder to write into. It becomes `STAGE/` by a rename once `run` has returned. After a
   * crash the same folder is given again to a run with the same key, so a stage may resume from
   * what it wrote; one that cannot must overwrite whatever it finds.
   */
  readonly dir: string;
  /** The files that the configuration names, in its order; those of one glob are sorted. */
  readonly files: readonly InputFile[];
  /** The finished stage called `id`, one of those that the configuration names. */
  input(id: string): StageOutput;
  /** Compiles the models of the pipeline. For kinds that compute. */
  readonly model: StageModels;
  readonly progress: Progress;
  /** Prints one line to the user, above the progress line. */
  log(line: string): void;
  /** Aborted when the user interrupts; a stage saves what it can and throws `signal.reason`. */
  readonly signal: AbortSignal;
}

/** A kind of stage. One value per kind, in its own file; `stage_kinds.ts` is the table. */
export interface StageKind<Config> {
  readonly kind: string;
  /**
   * The modules of the project that implement this kind: its own, and what makes the models that it
   * is given. A digest of them and of all they import is part of stage keys.
   */
  readonly sources: readonly string[];
  /** True if results depend on engine, mesh and precision: these then are part of the key. */
  readonly computes: boolean;
  /** True if a stage can be profiled: it then writes a trace beside its results. */
  readonly profiles?: boolean;
  run(context: StageContext<Config>): Promise<Metrics>;
}
