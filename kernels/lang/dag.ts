/**
 * Typed values of a kernel program in single-assignment form. Equal values are one node, so a
 * program is a directed acyclic graph. Nothing here depends on an engine.
 */

import { foldConstant } from "./fold_constant.ts";

/** Types of values. A `bool` is a condition; tensors hold the others. */
export type NodeType = "f32" | "i32" | "u32" | "bool";

/** Operations on one value. */
export type UnaryOpcode =
  | "neg"
  | "abs"
  | "sqrt"
  | "floor"
  | "round"
  | "not"
  /** Conversion of the value, or of the bits, to the type of the node. */
  | "cast"
  | "bits"
  /** Functions that `lower_math.ts` turns into the others. */
  | "exp"
  | "log"
  | "tanh"
  | "erf"
  | "sin"
  | "cos"
  | "flush";

/** Operations on two values of one type. Comparisons give a `bool`. */
export type BinaryOpcode =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "rem"
  | "min"
  | "max"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr"
  | "lt"
  | "le"
  | "eq"
  | "ne";

/** All operations. */
export type Opcode =
  | UnaryOpcode
  | BinaryOpcode
  /** `value` */
  | "const"
  /** The i32 coordinate along dim `name`. */
  | "index"
  /** An element of operand `name`; `args` are i32 coordinates for the dims in `dims`. */
  | "load"
  /** What a load becomes: element of access number `value`; `args` may hold an offset, an i32. */
  | "access"
  /** `args[0] ? args[1] : args[2]` */
  | "select"
  /** `args[0] * args[1] + args[2]` */
  | "fma"
  /** `args[2] - args[0] * args[1]` */
  | "fnma"
  /** Sum and maximum over the `over` dims. */
  | "sum"
  | "maximum";

/** One value. */
export interface DagNode {
  /** Grows from operands to results. */
  readonly id: number;
  readonly op: Opcode;
  readonly type: NodeType;
  readonly args: readonly DagNode[];
  /** Of constants; 0 elsewhere. */
  readonly value: number;
  /** Operand of a load, dim of an index; empty elsewhere. */
  readonly name: string;
  /** Dims whose coordinates a load gets; empty elsewhere. */
  readonly dims: readonly string[];
}

/** Makes nodes; equal ones are made once, constants are folded. */
export interface DagBuilder {
  constant(type: NodeType, value: number): DagNode;
  index(dim: string): DagNode;
  load(
    type: NodeType,
    operand: string,
    dims?: readonly string[],
    coordinates?: readonly DagNode[],
  ): DagNode;
  access(type: NodeType, access: number, offset?: DagNode): DagNode;
  unary(op: UnaryOpcode, a: DagNode): DagNode;
  /** `cast` or `bits` to a type; the value itself where it has that type. */
  convert(op: "cast" | "bits", type: NodeType, a: DagNode): DagNode;
  binary(op: BinaryOpcode, a: DagNode, b: DagNode): DagNode;
  select(condition: DagNode, a: DagNode, b: DagNode): DagNode;
  ternary(op: "fma" | "fnma", a: DagNode, b: DagNode, c: DagNode): DagNode;
  reduce(op: "sum" | "maximum", a: DagNode): DagNode;
  /** A node like `node` with other arguments. */
  rebuild(node: DagNode, args: readonly DagNode[]): DagNode;
}

const COMPARISONS: ReadonlySet<Opcode> = new Set(["lt", "le", "eq", "ne"]);

/** A builder without nodes. */
export function dagBuilder(): DagBuilder {
  const nodes = new Map<string, DagNode>();

  const make = (
    op: Opcode,
    type: NodeType,
    args: readonly DagNode[],
    value = 0,
    name = "",
    dims: readonly string[] = [],
  ): DagNode => {
    const bits = Object.is(value, -0) ? "-0" : String(value);
    const key = `${op} ${type} ${args.map(({ id }) => id)} ${bits} ${name} ${dims}`;
    const known = nodes.get(key);
    if (known) return known;
    const node = { id: nodes.size, op, type, args, value, name, dims };
    nodes.set(key, node);
    return node;
  };

  const builder: DagBuilder = {
    constant: (type, value) => make("const", type, [], type === "f32" ? Math.fround(value) : value),
    index: (dim) => make("index", "i32", [], 0, dim),
    load: (type, operand, dims = [], coordinates = []) =>
      make("load", type, coordinates, 0, operand, dims),
    access: (type, access, offset) => make("access", type, offset ? [offset] : [], access),
    unary: (op, a) => fold(make(op, a.type, [a])),
    convert: (op, type, a) => a.type === type ? a : fold(make(op, type, [a])),
    binary(op, a, b) {
      const type = COMPARISONS.has(op) ? "bool" : a.type;
      const simpler = simplifyBinary(builder, op, a, b);
      return simpler ?? fold(make(op, type, [a, b]));
    },
    select(condition, a, b) {
      if (condition.op === "const") return condition.value !== 0 ? a : b;
      return a === b ? a : make("select", a.type, [condition, a, b]);
    },
    ternary: (op, a, b, c) => make(op, a.type, [a, b, c]),
    reduce: (op, a) => make(op, a.type, [a]),
    rebuild(node, args) {
      if (args.every((arg, i) => arg === node.args[i])) return node;
      const { op } = node;
      switch (op) {
        case "select":
          return builder.select(args[0], args[1], args[2]);
        case "cast":
        case "bits":
          return builder.convert(op, node.type, args[0]);
        case "add":
        case "sub":
        case "mul":
        case "div":
          return builder.binary(op, args[0], args[1]);
        default:
          return make(op, node.type, args, node.value, node.name, node.dims);
      }
    },
  };

  const fold = (node: DagNode): DagNode => {
    if (!node.args.every(({ op }) => op === "const")) return node;
    const value = foldConstant(
      node.op,
      node.type,
      node.args[0].type,
      node.args.map((a) => a.value),
    );
    return value === undefined ? node : builder.constant(node.type, value);
  };
  return builder;
}

/** Identities that hold for every value, NaN and infinities included (signed zeros aside). */
function simplifyBinary(
  builder: DagBuilder,
  op: BinaryOpcode,
  a: DagNode,
  b: DagNode,
): DagNode | undefined {
  const isConst = (node: DagNode, value: number) => node.op === "const" && node.value === value;
  switch (op) {
    case "add":
    case "or":
    case "xor":
      if (a.type === "bool") return undefined;
      if (isConst(a, 0)) return b;
      return isConst(b, 0) ? a : undefined;
    case "sub":
    case "shl":
    case "shr":
      return isConst(b, 0) ? a : undefined;
    case "mul":
      if (isConst(a, 1)) return b;
      return isConst(b, 1) ? a : undefined;
    case "div": {
      if (isConst(b, 1)) return a;
      // One rounding more than the division, and several times as fast.
      const inverse = 1 / b.value;
      const foldable = b.op === "const" && a.type === "f32" && Math.abs(inverse) > 1.2e-38;
      return foldable && Number.isFinite(Math.fround(inverse))
        ? builder.binary("mul", a, builder.constant("f32", inverse))
        : undefined;
    }
    default:
      return undefined;
  }
}

/** Nodes that `roots` depend on, themselves included, operands first. */
export function reachable(roots: readonly DagNode[]): DagNode[] {
  const seen = new Set<DagNode>();
  const visit = (node: DagNode) => {
    if (seen.has(node)) return;
    for (const arg of node.args) visit(arg);
    seen.add(node);
  };
  roots.forEach(visit);
  return [...seen];
}

/**
 * Rebuilds what `roots` depend on, operands first; `replace` gets each node with its new arguments.
 */
export function rewriteDag(
  roots: readonly DagNode[],
  replace: (node: DagNode, args: readonly DagNode[]) => DagNode,
): DagNode[] {
  const done = new Map<DagNode, DagNode>();
  for (const node of reachable(roots)) {
    done.set(node, replace(node, node.args.map((arg) => done.get(arg) ?? arg)));
  }
  return roots.map((root) => done.get(root) ?? root);
}
