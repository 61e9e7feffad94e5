/** The notation of `rearrange`: einops with long names. */

/** One dim of a pattern: a plain name, or a group of names that are merged. */
export interface PatternDim {
  /** Name of the tensor's dim; undefined for a group without one. */
  readonly name: string | undefined;
  /** The names it is made of, slowest first; a plain dim is made of itself. */
  readonly parts: readonly string[];
}

/** Both sides of a pattern. */
export interface Pattern {
  readonly from: readonly PatternDim[];
  readonly to: readonly PatternDim[];
}

/**
 * Parses `"batch seq (heads head_dim) -> batch heads seq head_dim"`. A group may give its dim a name:
 * `embed=(heads head_dim)`; without one it stands for any dim of the operand, and in the result it is
 * called by its parts joined with `_`. Both sides must have the same names, each once.
 */
export function parsePattern(text: string): Pattern {
  const sides = text.split("->");
  if (sides.length !== 2) throw new SyntaxError(`the pattern "${text}" must have one "->"`);
  const [from, to] = sides.map((side) => parseSide(side, text));
  const [left, right] = [from, to].map((dims) => dims.flatMap(({ parts }) => parts));
  for (const names of [left, right]) {
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice) throw new SyntaxError(`the pattern "${text}" has ${twice} twice on one side`);
  }
  const lonely = left.find((name) => !right.includes(name)) ??
    right.find((name) => !left.includes(name));
  if (lonely) throw new SyntaxError(`the pattern "${text}" has ${lonely} on one side only`);
  return {
    from,
    to: to.map(({ name, parts }) => ({ name: name ?? parts.join("_"), parts })),
  };
}

/** A pattern in its notation. */
export function formatPattern({ from, to }: Pattern): string {
  return [from, to].map((side) => side.map(formatDim).join(" ")).join(" -> ");
}

function formatDim({ name, parts }: PatternDim): string {
  if (parts.length === 1 && parts[0] === name) return name;
  return `${name === undefined ? "" : `${name}=`}(${parts.join(" ")})`;
}

function parseSide(side: string, text: string): PatternDim[] {
  const dims: PatternDim[] = [];
  const token = /\s*(?:(?:(\w+)\s*=\s*)?\(([\w\s]*)\)|(\w+))\s*/y;
  while (token.lastIndex < side.length) {
    const at = token.lastIndex;
    const match = token.exec(side);
    if (!match) {
      if (side.slice(at).trim() === "") break;
      throw new SyntaxError(`the pattern "${text}" cannot be read at "${side.slice(at).trim()}"`);
    }
    const [, name, group, plain] = match;
    const parts = plain === undefined ? group.trim().split(/\s+/).filter(Boolean) : [plain];
    if (parts.length === 0) throw new SyntaxError(`the pattern "${text}" has an empty group`);
    dims.push({ name: plain ?? name, parts });
  }
  return dims;
}
