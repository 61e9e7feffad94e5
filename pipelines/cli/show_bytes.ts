/** A number of bytes for people: `1.50 GiB`. */

const UNITS = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]] as const;

/** In the largest unit of which there is at least one. */
export function showBytes(value: number): string {
  for (const [size, unit] of UNITS) {
    if (value >= size) return `${(value / size).toFixed(2)} ${unit}`;
  }
  return `${value} B`;
}
