/** Reads snapshots in groups: reading may be slow. */

import type { Elements, Snapshot } from "../../runtime/device.ts";

/** Snapshots that are read together. */
const GROUP = 8;

/** Snapshots of batches that are read a group at a time. */
export interface GroupedReads<Batch> {
  /** Takes a snapshot for later; reads those that are open when they are a group. */
  add(batch: Batch, snapshot: Snapshot): Promise<void>;
  /** Reads what is open. */
  finish(): Promise<void>;
}

/** Starts without snapshots; `onRead` gets the elements of each one's first buffer, in order. */
export function groupReads<Batch>(
  onRead: (batch: Batch, elements: Elements) => void,
): GroupedReads<Batch> {
  let open: { readonly batch: Batch; readonly snapshot: Snapshot }[] = [];
  const finish = async () => {
    const read = await Promise.all(open.map(({ snapshot }) => snapshot.elements()));
    open.forEach(({ batch }, i) => onRead(batch, read[i][0]));
    open = [];
  };
  return {
    async add(batch, snapshot) {
      open.push({ batch, snapshot });
      if (open.length === GROUP) await finish();
    },
    finish,
  };
}
