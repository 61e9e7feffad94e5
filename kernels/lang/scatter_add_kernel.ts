/** Kernels that add rows into a table at given indices: gradients of lookups. */

import type { Kernel, WasmPhase } from "../../graph/ir/kernel.ts";
import type { Call } from "../../graph/ir/op.ts";
import { type Operand, operandsOf } from "./operand.ts";
import { wasmFunction } from "./wasm_code.ts";
import { f32, f32x4, type I32, i32, v128 } from "./wasm_expr.ts";
import { scatterWgsl } from "./wgsl_scatter.ts";

/** Operands of a scatter by name, and the dim of the table that the indices run over. */
export interface Scatter {
  readonly table: string;
  readonly dim: string;
  readonly indices: string;
  readonly values: string;
}

/** Reads `table[V = ids] += x`; undefined for any other program. */
export function parseScatter(body: string): Scatter | undefined {
  const match = /^\s*(\w+)\s*\[\s*(\w+)\s*=\s*(\w+)\s*\]\s*\+=\s*(\w+)\s*$/.exec(body);
  if (!match) return undefined;
  const [, table, dim, indices, values] = match;
  return { table, dim, indices, values };
}

const BYTES = 4;
const LANES = 4;
/** Columns of a work unit: a cache line. */
const UNIT_COLUMNS = 16;

/**
 * Fills the f32 output `table` [V, columns...] with zeros, then adds row i of `values`
 * [rows..., columns...] into row `indices[i]`, for i in order. Indices outside the table are
 * skipped. Units are groups of columns, so that the order of additions never depends on the
 * threads. Throws a TypeError where the operands do not have these dims.
 */
export function scatterAddKernel(call: Call, scatter: Scatter): Kernel {
  const operands = operandsOf(call);
  const find = (name: string): Operand => {
    const operand = operands.find((operand) => operand.name === name);
    if (!operand) {
      throw new TypeError(`Cannot compile kernel of ${call.op.name}: no operand ${name}`);
    }
    return operand;
  };
  const [table, indices, values] = [scatter.table, scatter.indices, scatter.values].map(find);
  const [first, ...columns] = table.dims;
  const expected = [...indices.dims, ...columns];
  const fits = first === scatter.dim && expected.join(" ") === values.dims.join(" ") &&
    table.isOutput && table.dtype === "f32" && values.dtype === "f32" && indices.dtype !== "f32";
  if (!fits) {
    throw new TypeError(
      `Cannot compile kernel of ${call.op.name}: ${table.name}[${scatter.dim} = ${indices.name}] ` +
        `takes an f32 ${values.name} of dims ${expected.join(" ")}, got ${values.dtype} ` +
        values.dims.join(" "),
    );
  }
  const product = (dims: readonly string[]) => dims.reduce((n, dim) => n * call.dims[dim], 1);
  const shape: ScatterShape = {
    tensors: operands.length,
    table: table.position,
    indices: indices.position,
    values: values.position,
    tableRows: call.dims[first],
    rows: product(indices.dims),
    columns: product(columns),
    indexType: indices.dtype === "u32" ? "u32" : "i32",
  };
  return {
    key: `scatter ${JSON.stringify(shape)}`,
    wasm: () => ({ phases: [scatterPhase(shape)], scratchBytes: 0, threadScratchBytes: 0 }),
    webgpu: (bindings) => scatterWgsl(shape, bindings),
  };
}

/** What the code of a scatter depends on. */
export interface ScatterShape {
  readonly tensors: number;
  /** Positions among the parameters. */
  readonly table: number;
  readonly indices: number;
  readonly values: number;
  readonly tableRows: number;
  readonly rows: number;
  readonly columns: number;
  readonly indexType: "i32" | "u32";
}

function scatterPhase(shape: ScatterShape): WasmPhase {
  const { tensors, tableRows, rows, columns } = shape;
  const rowBytes = columns * BYTES;
  const code = wasmFunction(tensors + 4, (f, parameters) => {
    const [begin, end] = parameters.slice(-2);
    const unitBytes = i32.const(UNIT_COLUMNS * BYTES);
    // The part of a row that this thread has.
    const from = f.hold(i32.mul(begin, unitBytes));
    const width = f.hold(
      i32.sub(i32.min(i32.mul(end, unitBytes), i32.const(rowBytes)), from),
    );
    f.if(i32.leS(width, i32.const(0)), () => f.return());
    const wide = f.hold(i32.and(width, i32.const(-LANES * BYTES)));
    const row = f.local("i32");
    const at = f.local("i32");
    const table = f.hold(i32.add(parameters[shape.table], from));
    const target = f.hold(table);
    f.for(row, i32.const(0), i32.const(tableRows), 1, () => {
      f.fill(target, i32.const(0), width);
      f.increment(target, rowBytes);
    });
    const source = f.hold(i32.add(parameters[shape.values], from));
    const index = f.hold(parameters[shape.indices]);
    f.for(row, i32.const(0), i32.const(rows), 1, () => {
      const id = f.hold(i32.load(index));
      f.if(i32.ltU(id, i32.const(tableRows)), () => {
        f.set(target, i32.add(table, i32.mul(id, i32.const(rowBytes))));
        const pair = (): [I32, I32] => [f.hold(i32.add(target, at)), i32.add(source, at)];
        f.for(at, i32.const(0), wide, LANES * BYTES, () => {
          const [to, by] = pair();
          f.store(to, f32x4.add(v128.load(to), v128.load(by)));
        });
        f.for(at, wide, width, BYTES, () => {
          const [to, by] = pair();
          f.store(to, f32.add(f32.load(to), f32.load(by)));
        });
      });
      f.increment(source, rowBytes);
      f.increment(index, BYTES);
    });
  });
  return { code, units: Math.ceil(columns / UNIT_COLUMNS) };
}
