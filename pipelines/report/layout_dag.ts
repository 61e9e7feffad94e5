/**
 * Places the stages of a pipeline for drawing: inputs above what reads them, each stage as far up as
 * its inputs allow, few crossings.
 */

/** A stage to draw. */
export interface DagNode {
  readonly id: string;
  /** A second line, smaller: the kind. */
  readonly note: string;
  /** Ids of the nodes it reads; they come before it. */
  readonly inputs: readonly string[];
}

/** A stage as a box; `x` and `y` are its centre, in pixels. */
export interface DagBox {
  readonly node: DagNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A drawn graph. */
export interface DagLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly DagBox[];
  /** Points from the bottom of an input to the top of what reads it, one in each layer between. */
  readonly edges: readonly (readonly { readonly x: number; readonly y: number }[])[];
}

/** Pixels. */
const [BOX_HEIGHT, LAYER, GAP, MARGIN, CHARACTER, PADDING] = [44, 84, 20, 8, 8, 28];
/** Width of the place where an edge passes through a layer. */
const PASSAGE = 12;
/** Rounds of ordering and of straightening. */
const ROUNDS = 8;

/** A box or the passage of an edge, within a layer. */
interface Cell {
  readonly node?: DagNode;
  readonly width: number;
  readonly layer: number;
  readonly above: Cell[];
  readonly below: Cell[];
  x: number;
}

/** Lays a graph out. */
export function layoutDag(nodes: readonly DagNode[]): DagLayout {
  const { layers, chains } = makeLayers(nodes);
  for (let round = 0; round < ROUNDS; round++) {
    for (const layer of layers) sortBy(layer, (cell) => centre(cell.above));
    for (const layer of layers.toReversed()) sortBy(layer, (cell) => centre(cell.below));
  }
  for (const layer of layers) spread(layer, () => undefined);
  for (let round = 0; round < ROUNDS; round++) {
    for (const layer of layers.toReversed()) spread(layer, (cell) => centre(cell.below));
    for (const layer of layers) spread(layer, (cell) => centre(cell.above));
  }
  const cells = layers.flat();
  const left = Math.min(...cells.map(({ x, width }) => x - width / 2)) - MARGIN;
  const right = Math.max(...cells.map(({ x, width }) => x + width / 2)) + MARGIN;
  const y = ({ layer }: Cell) => MARGIN + BOX_HEIGHT / 2 + layer * LAYER;
  const point = (cell: Cell, offset: number) => ({ x: cell.x - left, y: y(cell) + offset });
  return {
    width: Math.ceil(right - left),
    height: 2 * MARGIN + BOX_HEIGHT + (layers.length - 1) * LAYER,
    boxes: cells.flatMap((cell) =>
      cell.node === undefined
        ? []
        : [{ node: cell.node, ...point(cell, 0), width: cell.width, height: BOX_HEIGHT }]
    ),
    edges: chains.map((chain) =>
      chain.map((cell, index) =>
        point(cell, index === 0 ? BOX_HEIGHT / 2 : index === chain.length - 1 ? -BOX_HEIGHT / 2 : 0)
      )
    ),
  };
}

/** Cells by layer, and for each edge the cells it passes. */
function makeLayers(nodes: readonly DagNode[]): { layers: Cell[][]; chains: Cell[][] } {
  const layers: Cell[][] = [];
  const chains: Cell[][] = [];
  const cells = new Map<string, Cell>();
  const add = (layer: number, width: number, node?: DagNode): Cell => {
    const cell = { layer, width, above: [], below: [], x: 0, ...(node ? { node } : {}) };
    (layers[layer] ??= []).push(cell);
    return cell;
  };
  for (const node of nodes) {
    const inputs = node.inputs.map((id) => cells.get(id)!);
    const layer = 1 + Math.max(-1, ...inputs.map((input) => input.layer));
    const width = Math.max(node.id.length, node.note.length) * CHARACTER + PADDING;
    const cell = add(layer, width, node);
    cells.set(node.id, cell);
    for (const input of inputs) {
      const chain = [input];
      for (let between = input.layer + 1; between < layer; between++) {
        chain.push(add(between, PASSAGE));
      }
      chain.push(cell);
      chains.push(chain);
      for (const [index, upper] of chain.slice(0, -1).entries()) {
        upper.below.push(chain[index + 1]);
        chain[index + 1].above.push(upper);
      }
    }
  }
  return { layers, chains };
}

/** Mean place of some cells, undefined if there are none. */
function centre(cells: readonly Cell[]): number | undefined {
  return cells.length === 0 ? undefined : cells.reduce((sum, { x }) => sum + x, 0) / cells.length;
}

/** Sorts a layer by a wish for each cell's place, then numbers the cells; ties stay as they are. */
function sortBy(layer: Cell[], wish: (cell: Cell) => number | undefined): void {
  const wishes = new Map(layer.map((cell) => [cell, wish(cell) ?? cell.x]));
  layer.sort((a, b) => wishes.get(a)! - wishes.get(b)!);
  layer.forEach((cell, index) => cell.x = index - (layer.length - 1) / 2);
}

/** Moves the cells of a layer to where they wish to be, in their order and apart. */
function spread(layer: readonly Cell[], wish: (cell: Cell) => number | undefined): void {
  const wishes = layer.map((cell) => wish(cell) ?? cell.x);
  const shift = (cells: number[]) => {
    const wanted = cells.reduce((sum, x, index) => sum + wishes[index] - x, 0) / layer.length;
    return cells.map((x) => x + wanted);
  };
  const placed: number[] = [];
  layer.forEach((cell, index) => {
    const before = layer[index - 1];
    const least = before === undefined
      ? -Infinity
      : placed[index - 1] + (before.width + cell.width) / 2 + GAP;
    placed.push(Math.max(wishes[index], least));
  });
  shift(placed).forEach((x, index) => layer[index].x = x);
}
