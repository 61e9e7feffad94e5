/** Sorting names by what they refer to. */

/** A reference that closes a circle. */
export interface Circle<E> {
  readonly edge: E;
  /** The names around it, the first one again at the end. */
  readonly names: readonly string[];
}

/**
 * `names`, each behind those its edges lead to, otherwise in the given order; and the edges that close
 * circles. Edges to other names are passed over. A plain stack: a long chain must not overflow.
 */
export function sortGraph<E extends { readonly to: string }>(
  names: readonly string[],
  edgesOf: (name: string) => readonly E[],
): { readonly order: readonly string[]; readonly circles: readonly Circle<E>[] } {
  const known = new Set(names);
  const order: string[] = [];
  const circles: Circle<E>[] = [];
  const opened = new Set<string>();
  const done = new Set<string>();
  for (const start of names) {
    const stack: { readonly name: string; readonly edges: readonly E[]; next: number }[] = [];
    const open = (name: string) => {
      opened.add(name);
      stack.push({ name, edges: edgesOf(name), next: 0 });
    };
    if (!opened.has(start)) open(start);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const edge = top.edges[top.next++];
      if (edge === undefined) {
        done.add(top.name);
        order.push(top.name);
        stack.pop();
      } else if (known.has(edge.to) && opened.has(edge.to) && !done.has(edge.to)) {
        const chain = stack.map(({ name }) => name);
        circles.push({ edge, names: [...chain.slice(chain.indexOf(edge.to)), edge.to] });
      } else if (known.has(edge.to) && !opened.has(edge.to)) {
        open(edge.to);
      }
    }
  }
  return { order, circles };
}
