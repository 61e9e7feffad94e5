/** Numbers of 16 bits, widened to f32: every one of them is one of f32 too. */

/** bfloat16 is the upper half of f32. */
export function widenBfloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const wide = new Float32Array(halves.length);
  const bits = new Uint32Array(wide.buffer);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return wide;
}

/** IEEE binary16: sign, 5 bits of exponent, 10 of mantissa. */
export function widenFloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const wide = new Float32Array(halves.length);
  const bits = new Uint32Array(wide.buffer);
  for (let i = 0; i < halves.length; i++) {
    const sign = (halves[i] & 0x8000) << 16;
    const exponent = halves[i] >>> 10 & 31;
    const mantissa = halves[i] & 0x3ff;
    if (exponent === 0) wide[i] = (sign === 0 ? 1 : -1) * mantissa * 2 ** -24;
    else bits[i] = sign | (exponent === 31 ? 255 : exponent + 112) << 23 | mantissa << 13;
  }
  return wide;
}
