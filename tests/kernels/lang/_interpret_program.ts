/** Runs kernel programs the slow way, in doubles: one element at a time, straight from the text. */

import type { Call } from "../../../graph/ir/op.ts";
import { sizeOf } from "../../../graph/ir/tensor.ts";
import { BINARY } from "../../../kernels/lang/evaluate_expression.ts";
import type { Expression } from "../../../kernels/lang/expression.ts";
import { SCALAR_FUNCTIONS } from "../../../kernels/lang/functions.ts";
import { operandsOf } from "../../../kernels/lang/operand.ts";
import { parseProgram, parseProgramExpression } from "../../../kernels/lang/parse_program.ts";
import type { LoopProgram } from "../../../kernels/lang/loop_kernel.ts";

type Place = Readonly<Record<string, number>>;

/**
 * The outputs of a program, all of which it must assign. Numbers have no types here, so programs that
 * divide or overflow integers are not for it.
 */
export function interpretProgram(
  call: Call,
  program: LoopProgram,
  inputs: readonly ArrayLike<number>[],
): Float64Array[] {
  const operands = operandsOf(call, program.names);
  const statements = parseProgram(program.body);
  const limit = program.limit === undefined ? undefined : parseProgramExpression(program.limit);
  const over = program.over ?? [];
  const sums = new Map<string, number>();

  const load = (name: string, place: Place): number | undefined => {
    const operand = operands.find((operand) => operand.name === name && !operand.isOutput);
    const data = operand && inputs[operand.position];
    return data?.[operand!.dims.reduce((at, dim) => at + place[dim] * operand!.strides[dim], 0)];
  };
  const valueOf = (name: string, place: Place): number => {
    const statement = statements.findLast((statement) => statement.name === name);
    if (statement) return evaluate(statement.value, place);
    return load(name, place) ?? call.dims[name] ?? Number(call.attrs[name]);
  };
  const lastOver = over[over.length - 1];
  const bound = (place: Place) => limit ? evaluate(limit, { ...place, [lastOver]: 0 }) : Infinity;
  const reduce = (expression: Extract<Expression, { kind: "call" }>, place: Place): number => {
    const row = Object.entries(place).filter(([dim]) => !over.includes(dim));
    const key = `${expression.at} ${JSON.stringify(row)}`;
    const known = sums.get(key);
    if (known !== undefined) return known;
    const isSum = expression.name === "sum_over";
    let total = isSum ? 0 : -Infinity;
    eachPlace(over, call.dims, (inner) => {
      const at = { ...place, ...inner };
      if (inner[lastOver] >= bound(at)) return;
      const value = evaluate(expression.args[0], at);
      total = isSum ? total + value : Math.max(total, value);
    });
    sums.set(key, total);
    return total;
  };
  const evaluate = (expression: Expression, place: Place): number => {
    switch (expression.kind) {
      case "number":
        return expression.value;
      case "name":
        return valueOf(expression.name, place);
      case "unary":
        return expression.operator === "-"
          ? -evaluate(expression.argument, place)
          : Number(evaluate(expression.argument, place) === 0);
      case "binary":
        return BINARY[expression.operator](
          evaluate(expression.left, place),
          evaluate(expression.right, place),
        );
      case "call": {
        const { name, args, named } = expression;
        const dim = args[0].kind === "name" ? args[0].name : "";
        if (name === "index") return place[dim];
        if (name === "sum_over" || name === "max_over") return reduce(expression, place);
        if (name === "at") {
          const there = Object.fromEntries(named.map(([key, value]) => {
            const coordinate = evaluate(value, place);
            return [key, Math.min(Math.max(coordinate, 0), call.dims[key] - 1)];
          }));
          return load(dim, { ...place, ...there })!;
        }
        const values = args.map((arg) => evaluate(arg, place));
        if (name === "f32") return values[0];
        if (name === "i32") return Math.trunc(values[0]);
        return SCALAR_FUNCTIONS[name].evaluate(...values);
      }
    }
  };

  return operands.filter(({ isOutput }) => isOutput).map((operand, i) => {
    const result = new Float64Array(sizeOf(call.outputs[i]));
    const isFull = over.length > 0 && over.every((dim) => operand.dims.includes(dim));
    eachPlace(operand.dims, call.dims, (place) => {
      const at = operand.dims.reduce((sum, dim) => sum + place[dim] * operand.strides[dim], 0);
      const isBeyond = isFull && place[lastOver] >= bound(place);
      result[at] = isBeyond ? program.fill ?? 0 : valueOf(operand.name, place);
    });
    return result;
  });
}

/** Calls `visit` for every combination of coordinates along `dims`. */
function eachPlace(
  dims: readonly string[],
  sizes: Readonly<Record<string, number>>,
  visit: (place: Place) => void,
  place: Place = {},
) {
  if (dims.length === 0) return visit(place);
  const [dim, ...rest] = dims;
  for (let i = 0; i < sizes[dim]; i++) eachPlace(rest, sizes, visit, { ...place, [dim]: i });
}
