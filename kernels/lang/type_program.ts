/** Types kernel programs: from text to the values that are stored. */

import type { Call } from "../../graph/ir/op.ts";
import { type DagBuilder, dagBuilder, type DagNode } from "./dag.ts";
import { ExpressionError } from "./expression_error.ts";
import { didYouMean } from "./_nearest.ts";
import { type Operand, operandsOf } from "./operand.ts";
import { parseProgram, parseProgramExpression } from "./parse_program.ts";
import {
  type CallExpression,
  expectType,
  toNode,
  type TypedValue,
  typeExpression,
  type TypeScope,
} from "./type_expression.ts";

/** The text of one phase of a kernel; `loop_kernel.ts` describes the language. */
export interface LoopProgram {
  /** Lines `name = expression`. */
  readonly body: string;
  /** Dims that reductions run over, the innermost last; none for a map. */
  readonly over?: readonly string[];
  /** Number of elements of the innermost `over` dim that exist in a row: an i32 per row. */
  readonly limit?: string;
  /** What is stored beyond `limit`; 0 if not given. */
  readonly fill?: number;
  /** Names of the inputs, in place of those of the op: for variadic ops. */
  readonly names?: readonly string[];
}

/** A value and the output it goes to. */
export interface Store {
  readonly operand: Operand;
  readonly value: DagNode;
}

/** A program as values. */
export interface TypedProgram {
  readonly builder: DagBuilder;
  readonly operands: readonly Operand[];
  /** Sizes of the dims by variable. */
  readonly sizes: Readonly<Record<string, number>>;
  /** The part of each dim that is run: its first coordinate (0 if absent), and its size. */
  readonly origin: Readonly<Record<string, number>>;
  readonly extents: Readonly<Record<string, number>>;
  readonly over: readonly string[];
  readonly stores: readonly Store[];
  readonly limit: DagNode | undefined;
  readonly fill: number;
}

/** Types a program of a call. Throws an `ExpressionError` or TypeError that says what is wrong. */
export function typeProgram(call: Call, program: LoopProgram): TypedProgram {
  const { body, over = [], fill = 0 } = program;
  const operands = operandsOf(call, program.names);
  const sizes = call.dims;
  for (const dim of over) {
    if (!Object.hasOwn(sizes, dim)) {
      throw new TypeError(`over has dim ${dim}, the call has ${Object.keys(sizes).join(", ")}`);
    }
  }
  const builder = dagBuilder();
  const locals = new Map<string, TypedValue>();
  const scopeOf = (text: string): TypeScope => {
    const scope: TypeScope = {
      builder,
      text,
      resolve(name, at) {
        const local = locals.get(name);
        if (local !== undefined) return local;
        const operand = operands.find((operand) => operand.name === name);
        if (operand) return builder.load(operand.dtype, name);
        if (Object.hasOwn(sizes, name)) return sizes[name];
        const attr = Object.hasOwn(call.attrs, name) ? call.attrs[name] : undefined;
        if (typeof attr === "number") return attr;
        if (typeof attr === "boolean") return Number(attr);
        if (attr !== undefined) {
          const what = `attribute "${name}" is ${JSON.stringify(attr)}`;
          throw new ExpressionError(`${what}, a constant must be a number`, text, at);
        }
        const known = [
          ...locals.keys(),
          ...operands.map((operand) => operand.name),
          ...Object.keys(sizes),
        ];
        throw new ExpressionError(`unknown name "${name}"${didYouMean(name, known)}`, text, at);
      },
      callProgramFunction: (expression) =>
        typeLoopFunction(expression, scope, operands, sizes, over),
    };
    return scope;
  };

  const stores = new Map<string, Store>();
  for (const { name, value, at } of parseProgram(body)) {
    const scope = scopeOf(body);
    const typed = typeExpression(value, scope);
    const operand = operands.find((operand) => operand.name === name);
    if (operand && !operand.isOutput) {
      throw new ExpressionError(`"${name}" is an input and cannot be assigned`, body, at);
    }
    if (operand) {
      const node = toNode(typed, operand.dtype, at, scope);
      stores.set(name, { operand, value: expectType(node, [operand.dtype], name, at, scope) });
      locals.set(name, node);
    } else locals.set(name, typed);
  }
  if (stores.size === 0) throw new TypeError("the program assigns no output");

  let limit: DagNode | undefined;
  if (program.limit !== undefined) {
    const scope = scopeOf(program.limit);
    const value = toNode(
      typeExpression(parseProgramExpression(program.limit), scope),
      "i32",
      0,
      scope,
    );
    limit = expectType(value, ["i32"], "limit", 0, scope);
    if (over.length === 0) throw new TypeError("limit needs over");
  }
  return {
    builder,
    operands,
    sizes,
    origin: {},
    extents: sizes,
    over,
    stores: [...stores.values()],
    limit,
    fill,
  };
}

/** Types `sum_over`, `max_over`, `index` and `at`. */
function typeLoopFunction(
  { name, args, named, at }: CallExpression,
  scope: TypeScope,
  operands: readonly Operand[],
  sizes: Readonly<Record<string, number>>,
  over: readonly string[],
): TypedValue {
  const { builder, text } = scope;
  const fail = (detail: string, place = at): never => {
    throw new ExpressionError(detail, text, place);
  };
  const [arg] = args;
  switch (name) {
    case "index":
      if (arg.kind !== "name" || !Object.hasOwn(sizes, arg.name)) {
        return fail(`index takes a dim: ${Object.keys(sizes).join(", ")}`, arg.at);
      }
      return sizes[arg.name] === 1 ? builder.constant("i32", 0) : builder.index(arg.name);
    case "at": {
      const operand = operands.find((operand) => arg.kind === "name" && operand.name === arg.name);
      if (!operand) return fail("at takes an operand and coordinates: at(x, D = i)", arg.at);
      const coordinates = named.map(([dim, value]) => {
        if (!operand.dims.includes(dim)) {
          fail(`${operand.name} has no dim ${dim}, it has ${operand.dims.join(", ")}`, value.at);
        }
        const node = toNode(typeExpression(value, scope), "i32", value.at, scope);
        return expectType(node, ["i32"], `at ${dim}`, value.at, scope);
      });
      return builder.load(operand.dtype, operand.name, named.map(([dim]) => dim), coordinates);
    }
    default: {
      if (over.length === 0) fail(`${name} needs "over" dims`);
      const value = toNode(typeExpression(arg, scope), "f32", at, scope);
      const numeric = expectType(value, ["f32", "i32", "u32"], name, at, scope);
      return builder.reduce(name === "sum_over" ? "sum" : "maximum", numeric);
    }
  }
}
