/** Functions that WGSL lacks, or has with looser rules than the kernel language. */

import { wgslType, type WgslWidth } from "./wgsl_text.ts";

/** Names of the functions. */
export type WgslFunction = "float_of" | "is_nan" | "least" | "most" | "to_i32" | "to_u32";

interface Definition {
  readonly needs: readonly WgslFunction[];
  /** Signature and body, for the types of the width. */
  readonly text: (t: Types) => string;
}

/** Names of types and of functions for one width. */
interface Types {
  readonly f: string;
  readonly i: string;
  readonly u: string;
  readonly b: string;
  readonly call: (name: WgslFunction) => string;
}

/**
 * NaNs are told by their bits: drivers compile as if there were none, so that `x != x` is false and
 * `select(a, b, b < a)` becomes a minimum that drops them.
 */
const DEFINITIONS: Readonly<Record<WgslFunction, Definition>> = {
  // A call, so that no compiler refuses the constant.
  float_of: { needs: [], text: () => "(bits: u32) -> f32 { return bitcast<f32>(bits); }" },
  is_nan: {
    needs: [],
    text: ({ f, u, b }) =>
      `(x: ${f}) -> ${b} { return (bitcast<${u}>(x) & ${u}(0x7fffffffu)) > ${u}(0x7f800000u); }`,
  },
  least: {
    needs: ["is_nan"],
    text: ({ f, call }) =>
      `(a: ${f}, b: ${f}) -> ${f} { return select(a, b, (b < a) & !${call("is_nan")}(a)); }`,
  },
  most: {
    needs: ["is_nan"],
    text: ({ f, call }) =>
      `(a: ${f}, b: ${f}) -> ${f} { return select(a, b, (a < b) & !${call("is_nan")}(a)); }`,
  },
  // WGSL saturates to the last float below the bound, and leaves NaNs open.
  to_i32: {
    needs: ["is_nan"],
    text: ({ f, i, call }) =>
      `(x: ${f}) -> ${i} {
  let whole = ${i}(clamp(x, ${f}(-2147483648f), ${f}(2147483520f)));
  let most = select(whole, ${i}(2147483647i), x >= ${f}(2147483648f));
  return select(most, ${i}(0i), ${call("is_nan")}(x));
}`,
  },
  to_u32: {
    needs: ["is_nan"],
    text: ({ f, u, call }) =>
      `(x: ${f}) -> ${u} {
  let whole = ${u}(clamp(x, ${f}(0f), ${f}(4294967040f)));
  let most = select(whole, ${u}(4294967295u), x >= ${f}(4294967296f));
  return select(most, ${u}(0u), ${call("is_nan")}(x));
}`,
  },
};

/** The functions a shader calls. */
export interface WgslFunctions {
  /** The name of a function for a width; it becomes one of those declared. */
  use(name: WgslFunction, width: WgslWidth): string;
  /** The text of all that are used. */
  declarations(): string;
}

/** No functions yet. */
export function wgslFunctions(): WgslFunctions {
  const texts = new Map<string, string>();
  const use = (name: WgslFunction, width: WgslWidth): string => {
    const own = width === 1 ? name : `${name}_4`;
    if (texts.has(own)) return own;
    const { needs, text } = DEFINITIONS[name];
    needs.forEach((need) => use(need, width));
    const types: Types = {
      f: wgslType("f32", width),
      i: wgslType("i32", width),
      u: wgslType("u32", width),
      b: wgslType("bool", width),
      call: (called) => use(called, width),
    };
    texts.set(own, `fn ${own}${text(types)}\n`);
    return own;
  };
  return { use, declarations: () => [...texts.values()].join("") };
}
