/** Facts about the processor that numbers may depend on; they stand in manifests. */

/** What is known of the processor. */
export interface CpuFacts {
  readonly arch: string;
  /** Cores the system offers. */
  readonly cores: number;
  /**
   * How the processor does WebAssembly's relaxed multiply-add: rounded once (`fused`) or after each
   * of its two operations (`separate`). Results are equal only between processors that agree.
   */
  readonly relaxedMadd: "fused" | "separate";
}

/** (a: f32, c: f32) -> f32: a * a + c, by the first lane of f32x4.relaxed_madd. */
const PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
  ...[0x01, 0x07, 0x01, 0x60, 0x02, 0x7d, 0x7d, 0x01, 0x7d], // type (f32, f32) -> f32
  ...[0x03, 0x02, 0x01, 0x00], // one function of that type
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00], // exported as "f"
  ...[0x0a, 0x16, 0x01, 0x14, 0x00], // code: 20 bytes, no locals
  ...[0x20, 0x00, 0xfd, 0x13, 0x20, 0x00, 0xfd, 0x13, 0x20, 0x01, 0xfd, 0x13], // splat a, a, c
  ...[0xfd, 0x85, 0x02, 0xfd, 0x1f, 0x00, 0x0b], // relaxed_madd, extract_lane 0, end
);

/** () -> f32: a lane of f32x4.splat(0), to see whether there are vectors at all. */
const VECTOR_PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7d], // type () -> f32
  ...[0x03, 0x02, 0x01, 0x00], // one function of that type
  ...[0x0a, 0x0e, 0x01, 0x0c, 0x00], // code: 12 bytes, no locals
  ...[0x43, 0x00, 0x00, 0x00, 0x00, 0xfd, 0x13, 0xfd, 0x1f, 0x00, 0x0b], // splat, extract, end
);

/** What this engine of WebAssembly has: vectors of 128 bits, and their relaxed multiply-add. */
export function findWasmFacts(): { readonly simd: boolean; readonly relaxedSimd: boolean } {
  return { simd: WebAssembly.validate(VECTOR_PROBE), relaxedSimd: WebAssembly.validate(PROBE) };
}

/** Finds them out. Throws where WebAssembly has no relaxed multiply-add. */
export function findCpuFacts(): CpuFacts {
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(PROBE)).exports;
  // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24, whose last term is lost if the product is rounded on its
  // own.
  const rest = (f as (a: number, c: number) => number)(1 + 2 ** -12, -(1 + 2 ** -11));
  return {
    arch: Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    relaxedMadd: rest === 0 ? "separate" : "fused",
  };
}
