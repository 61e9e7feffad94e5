/** Makes mutants of source text: copies with one small mistake each. */

/** One change of one line. */
export interface Mutant {
  readonly file: string;
  /** Line number from 1, and the line before and after, trimmed. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The whole text with the mistake. */
  readonly text: string;
}

/** A pattern and what may stand in its place. */
interface Rule {
  readonly pattern: RegExp;
  readonly replace: (match: RegExpExecArray) => readonly string[];
}

const swap = (pattern: RegExp, ...others: string[]): Rule => ({ pattern, replace: () => others });

const TOO_FAR = / < /g;

/** The mistakes. Operators have spaces around them, since the sources are formatted. */
const RULES: readonly Rule[] = [
  swap(/ \+ /g, " - "),
  swap(/ - /g, " + "),
  swap(/ \* /g, " / "),
  swap(/ \/ /g, " * "),
  swap(/ \*\* /g, " * "),
  swap(/ % /g, " / "),
  swap(/ \+= /g, " -= "),
  swap(/ -= /g, " += "),
  swap(TOO_FAR, " <= "),
  swap(/ <= /g, " < "),
  swap(/ > /g, " >= "),
  swap(/ >= /g, " > "),
  swap(/ === /g, " !== "),
  swap(/ !== /g, " === "),
  swap(/ == /g, " != "),
  swap(/ && /g, " || "),
  swap(/ \|\| /g, " && "),
  swap(/ & /g, " | "),
  swap(/(?<=[=(,?:] )-(?=[a-z(0-9])/g, ""),
  swap(/\btrue\b/g, "false"),
  swap(/\bfalse\b/g, "true"),
  swap(/\bMath\.max\b/g, "Math.min"),
  swap(/\bMath\.sqrt\b/g, "Math.abs"),
  swap(/\bMath\.exp\b/g, "Math.expm1"),
  swap(/\bMath\.cos\b/g, "Math.sin"),
  swap(/\bMath\.sin\b/g, "Math.cos"),
  swap(/\bMath\.floor\b/g, "Math.ceil"),
  swap(/\bMath\.ceil\b/g, "Math.floor"),
  swap(/\bsum_over\b/g, "max_over"),
  swap(/\bmax_over\b/g, "sum_over"),
  swap(/\brsqrt\b/g, "sqrt"),
  swap(/\bflush\(/g, "abs(", "("),
  swap(/\bf32x4\.add\b/g, "f32x4.sub"),
  swap(/\bf32x4\.sub\b/g, "f32x4.add"),
  swap(/\bi32\.add\b/g, "i32.sub"),
  swap(/\bi32x4\.add\b/g, "i32x4.sub"),
  swap(/reduces: "sum"/g, 'reduces: "max"'),
  swap(/reduces: "max"/g, 'reduces: "sum"'),
  swap(/^ *reduces: .*,$/gm, ""),
  swap(/^ *linear: .*,$/gm, ""),
  // Signatures: a dropped and an added "!". One mark is enough, so a dim loses all of them.
  { pattern: /"[^"(){}]* -> [^"(){}]*"/g, replace: ([text]) => marks(text) },
  swap(/(?<="[A-Z]+)!(?=")/g, ""),
  swap(/(?<=\})!(?=`)/g, ""),
  // Numbers: the next one, and for zero and one the other.
  {
    pattern: /(?<![\w."'-])\d+(\.\d+)?(e-?\d+)?(?![\w.])/g,
    replace: ([number]) =>
      number === "1" ? ["2", "0"] : number === "0" ? ["1"] : [String(Number(number) * 2)],
  },
  // The first two of a list of operands the other way round.
  { pattern: /(?<=[(,] ?)\[([A-Za-z]\w*), ([A-Za-z]\w*)/g, replace: ([, a, b]) => [`[${b}, ${a}`] },
];

/** A signature with the marks of one dim dropped or added, for each of its dims. */
function marks(text: string): string[] {
  const dims = new Set(text.match(/\.\.\.|[A-Za-z]\w*/g) ?? []);
  return [...dims].map((dim) => {
    const everywhere = new RegExp(`(?<=["\\s])${dim.replaceAll(".", "\\.")}!?(?=[",\\s])`, "g");
    return text.replaceAll(everywhere, text.includes(`${dim}!`) ? dim : `${dim}!`);
  });
}

/** Lines without behaviour: imports, comments, texts for people. */
const QUIET = /^\s*(import |\/\/|\/?\*|doc: |name: "|\} from )|throw new|^ *`.*\$\{|: Axis|\bdoc: /;

/** All mutants of one file, in order. */
export function makeMutants(file: string, text: string): Mutant[] {
  const lines = text.split("\n");
  const mutants: Mutant[] = [];
  let inImport = false;
  lines.forEach((line, i) => {
    if (/^import .*\{$/.test(line)) inImport = true;
    const quiet = inImport || QUIET.test(line);
    if (/^\} from /.test(line)) inImport = false;
    if (quiet) return;
    for (const { pattern, replace } of RULES) {
      // One step too far along an array of JavaScript does nothing.
      if (pattern === TOO_FAR && /\bfor \(let/.test(line)) continue;
      for (const match of line.matchAll(pattern)) {
        for (const other of replace(match)) {
          const after = line.slice(0, match.index) + other +
            line.slice(match.index + match[0].length);
          if (after === line || after.includes(" // ")) continue;
          mutants.push({
            file,
            line: i + 1,
            before: line.trim(),
            after: after.trim(),
            text: lines.with(i, after).join("\n"),
          });
        }
      }
    }
  });
  return mutants;
}
