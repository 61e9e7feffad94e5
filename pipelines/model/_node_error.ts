/** What goes wrong inside a node, before its place is known. */

import type { Place } from "../schema/tree.ts";
import { PipelineError, problemAt } from "../schema/problem.ts";
import { suggest } from "../schema/suggest.ts";

/** The innermost place in the user's own text that a part of a model comes from. */
export interface Use {
  readonly place: Place;
  /** What the place is of, if that is not in sight: `models.m: `. */
  readonly prefix: string;
  /** Where the dims of the model stand, for one that is missing there. */
  readonly dims?: Place;
}

/** `place` where it is the user's, else where the user asked for what stands there. */
export function innermost(place: Place, use: Use): Use {
  return place.source.library ? use : { place, prefix: "" };
}

/** More about a problem. */
export interface Detail {
  readonly code: string;
  /** Field of the node that the problem is about; absent: the node itself. */
  readonly field?: string;
  /** The problem is about the field's key. */
  readonly part?: "key";
  readonly expected?: string | undefined;
  readonly suggestion?: string | undefined;
  /** Where it is in a file of the library. */
  readonly within?: string;
}

/** A problem of a node; whoever knows the node's place turns it into a PipelineError. */
export class NodeError extends Error {
  readonly detail: Detail;

  constructor(message: string, detail: Detail) {
    super(message);
    this.detail = detail;
  }
}

/** What to say besides "unknown": the nearest of the known names, or all of them if they are few. */
export function known(
  word: string,
  names: Iterable<string>,
): { readonly expected: string | undefined; readonly suggestion: string | undefined } {
  const all = [...names];
  const suggestion = suggest(word, all);
  const expected = suggestion !== undefined || all.length > 12
    ? undefined
    : all.length === 0
    ? "none"
    : all.join(", ");
  return { expected, suggestion };
}

/** A PipelineError of one problem. */
export function pipelineError(
  place: Place,
  code: string,
  message: string,
  more: { readonly expected?: string | undefined; readonly suggestion?: string | undefined } = {},
): PipelineError {
  return new PipelineError([problemAt(place, code, message, more)]);
}
