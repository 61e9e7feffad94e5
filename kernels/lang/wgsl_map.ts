/** Writes maps: a thread per vector. */

import {
  coordinatesOf,
  type WgslEmission,
  wgslEmission,
  type WgslShared,
} from "./wgsl_emission.ts";
import type { WgslPart } from "./wgsl_width.ts";
import { hold, writeStores } from "./wgsl_values.ts";

/** Threads of a group, and of one that has only a few to do. */
const THREADS = 256;
const LEAST_THREADS = 64;

/** How the vectors of the parts of a map make groups. */
export interface MapGrid {
  readonly threads: number;
  readonly groups: number;
  /** Vectors of each part. */
  readonly vectors: readonly number[];
}

/** The grid of a map; a group belongs to one part. */
export function mapGrid(parts: readonly WgslPart[]): MapGrid {
  const vectors = parts.map(({ staged: { plan }, width }) => {
    const rows = plan.outer.reduce((product, { size }) => product * size, 1);
    return rows * Math.ceil(plan.inner[0].size / width);
  });
  const most = vectors.reduce((a, b) => Math.max(a, b));
  const threads = most <= LEAST_THREADS ? LEAST_THREADS : THREADS;
  const groups = vectors.reduce((sum, count) => sum + Math.ceil(count / threads), 0);
  return { threads, groups, vectors };
}

/** Writes the parts, one behind the other along the groups. */
export function writeMap(shared: WgslShared, parts: readonly WgslPart[], grid: MapGrid) {
  const { lines } = shared;
  let before = 0;
  parts.forEach((part, i) => {
    const first = before;
    before += Math.ceil(grid.vectors[i] / grid.threads);
    const write = () => writePart(wgslEmission(shared, part), grid.threads, grid.vectors[i], first);
    if (parts.length === 1) return write();
    const isIn = first === 0 ? `group < ${before}u` : `group >= ${first}u && group < ${before}u`;
    lines.block(`if (${isIn})`, write);
  });
}

function writePart(e: WgslEmission, threads: number, vectors: number, first: number) {
  const { plan, stages } = e.staged;
  const group = first === 0 ? "group" : `(group - ${first}u)`;
  const id = e.lines.fresh("id");
  e.lines.add(`let ${id} = ${group} * ${threads}u + thread;`);
  if (vectors % threads !== 0) e.lines.add(`if (${id} >= ${vectors}u) { return; }`);
  const perRow = Math.ceil(plan.inner[0].size / e.width);
  const sizes = [...plan.outer.map(({ size }) => size), perRow];
  const at = coordinatesOf(e, id, sizes);
  e.outerAt = at.slice(0, -1);
  const last = at[at.length - 1];
  e.innerAt = [e.width === 1 ? last : hold(e, `${last} * 4`)];
  writeStores(e, stages.flatMap((stage) => stage.stores));
}
