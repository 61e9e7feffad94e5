/**
 * Signatures: one line gives an op's shape rule and sharding rule.
 *
 * `"... D!, D! -> ... D!"`: operands and results are separated by commas, dim variables by spaces.
 * `...` stands for all leading dims. `!` marks a dim the op needs whole. A variable in upper case binds
 * any tensor dim; one in lower case binds only the tensor dim of that very name. The same variable is
 * the same dim, by name and size, wherever it occurs.
 */

/** The variable that stands for all leading dims. */
export const ELLIPSIS = "...";

/** A parsed signature. Lists of dim variables, one list per operand or result. */
export interface Signature {
  readonly inputs: readonly (readonly string[])[];
  readonly outputs: readonly (readonly string[])[];
  /** Variables marked `!` anywhere. */
  readonly whole: ReadonlySet<string>;
}

const cache = new Map<string, Signature>();

/** Parses a signature; throws a SyntaxError that names what is wrong with it. */
export function parseSignature(text: string): Signature {
  const known = cache.get(text);
  if (known) return known;
  const sides = text.split("->");
  if (sides.length !== 2) {
    throw new SyntaxError(`Cannot parse signature "${text}": it must have one "->"`);
  }
  const whole = new Set<string>();
  const [inputs, outputs] = sides.map((side) => parseSide(side, text, whole));
  const signature = { inputs, outputs, whole };
  cache.set(text, signature);
  return signature;
}

function parseSide(side: string, text: string, whole: Set<string>): string[][] {
  if (side.trim() === "") return [[]];
  return side.split(",").map((operand) => {
    const variables = operand.trim().split(/\s+/).filter((word) => word !== "").map((word) => {
      if (!/^(\.\.\.|[A-Za-z_][A-Za-z0-9_]*)!?$/.test(word)) {
        throw new SyntaxError(
          `Cannot parse signature "${text}": "${word}" is not a dim (a name or "...", then maybe "!")`,
        );
      }
      if (!word.endsWith("!")) return word;
      const name = word.slice(0, -1);
      whole.add(name);
      return name;
    });
    const twice = variables.find((name, i) => variables.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new SyntaxError(
        `Cannot parse signature "${text}": dim ${twice} occurs twice in a tensor`,
      );
    }
    if (variables.lastIndexOf(ELLIPSIS) > 0) {
      throw new SyntaxError(`Cannot parse signature "${text}": "..." must come first`);
    }
    return variables;
  });
}

/** True if a variable binds only the tensor dim of its own name. */
export function isLiteralDim(variable: string): boolean {
  return variable !== ELLIPSIS && variable !== variable.toUpperCase();
}
