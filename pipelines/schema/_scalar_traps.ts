/** Words and numbers of YAML that mean something else than what they look like. */

/** What is wrong with a scalar, and what to write instead. */
export interface Trap {
  readonly message: string;
  readonly expected: string;
}

/** What is wrong with plain (unquoted) text that YAML reads as text, if anything. */
export function wordProblem(source: string): Trap | undefined {
  if (/^(yes|no|on|off)$/i.test(source)) {
    return { message: `"${source}" is text in YAML 1.2`, expected: "true or false, or quotes" };
  }
  if (/^[-+]?\d[\d_]*_[\d_]*(\.[\d_]*)?([eE][-+]?\d+)?$/.test(source)) {
    const digits = source.replaceAll("_", "");
    return { message: `"${source}" is text in YAML 1.2`, expected: `${digits}, or quotes` };
  }
  if (/^[-+]?0b[01_]+$/.test(source)) {
    return { message: `"${source}" is text in YAML 1.2`, expected: "a decimal number, or quotes" };
  }
  return undefined;
}

/** What is wrong with a number, if anything, and its value as a double. */
export function numberProblem(value: number | bigint, source: string): [Trap | undefined, number] {
  const double = Number(value);
  const exact = /[eE]/.test(source) && !/^[-+]?0[xo]/.test(source) ? undefined : "digits";
  if (!Number.isFinite(double)) {
    return [
      { message: `${source} is not a finite number`, expected: "a number, or quotes" },
      0,
    ];
  }
  if (exact && Number.isInteger(double) && !Number.isSafeInteger(double)) {
    return [
      {
        message: `${source} is too large to be kept exactly`,
        expected: "at most 2^53 - 1, or quotes",
      },
      double,
    ];
  }
  if (double === 0 && /^[-+]?[\d.]*[1-9]/.test(source) && !/^[-+]?0[xo]/.test(source)) {
    return [
      { message: `${source} is too small: it would become 0`, expected: "0, or a larger number" },
      double,
    ];
  }
  if (/^[-+]?0\d/.test(source)) {
    const stripped = source.replace(/^([-+]?)0+(?=\d)/, "$1");
    return [
      { message: `${source} has a leading zero`, expected: `${stripped}, or quotes` },
      double,
    ];
  }
  return [undefined, double === 0 ? 0 : double];
}
