/** A priority queue of numbers. */

/** Gives back keys, the largest priority first, of equal priorities the smallest key. */
export interface Heap {
  push(key: number, priority: number): void;
  pop(): { readonly key: number; readonly priority: number } | undefined;
}

/** An empty binary heap. */
export function createHeap(): Heap {
  const keys: number[] = [];
  const priorities: number[] = [];
  const before = (i: number, j: number) =>
    priorities[i] > priorities[j] || (priorities[i] === priorities[j] && keys[i] < keys[j]);
  const swap = (i: number, j: number) => {
    const [key, priority] = [keys[i], priorities[i]];
    keys[i] = keys[j];
    priorities[i] = priorities[j];
    keys[j] = key;
    priorities[j] = priority;
  };
  const push = (key: number, priority: number) => {
    let at = keys.push(key) - 1;
    priorities.push(priority);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(at, parent)) break;
      swap(at, parent);
      at = parent;
    }
  };
  const pop = () => {
    if (keys.length === 0) return undefined;
    swap(0, keys.length - 1);
    const [key, priority] = [keys.pop() ?? 0, priorities.pop() ?? 0];
    for (let at = 0;;) {
      let first = at;
      const [left, right] = [2 * at + 1, 2 * at + 2];
      if (left < keys.length && before(left, first)) first = left;
      if (right < keys.length && before(right, first)) first = right;
      if (first === at) return { key, priority };
      swap(at, first);
      at = first;
    }
  };
  return { push, pop };
}
