// workgroups: 2,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b1: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> b2: array<vec4<f32>>;

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let tile_n = 0u;
  let tile_m = 0u;
  let batch = group;
  let thread_n = thread % 4u;
  let thread_m = thread / 4u;
  let row0 = tile_m * 8u + thread_m * 4u;
  let column0 = tile_n * 16u + thread_n * 4u;
  let k_begin = 0u;
  let k_end = 16u;
  let batch_a = batch * 32u;
  let batch_b = batch * 48u;
  var s0_0 = vec4<f32>();
  var s1_0 = vec4<f32>();
  var s2_0 = vec4<f32>();
  var s3_0 = vec4<f32>();
  let a_row0 = batch_a + min(row0, 7u) * 4u;
  let a_row1 = batch_a + min((row0 + 1u), 7u) * 4u;
  let a_row2 = batch_a + min((row0 + 2u), 7u) * 4u;
  let a_row3 = batch_a + min((row0 + 3u), 7u) * 4u;
  let b_row0 = batch_b + min(column0, 8u) / 4u;
  var k = k_begin;
  for (; k + 4u <= k_end; k += 4u) {
    {
      let a_k = k / 4u;
      let b_k_0 = k * 3u;
      let b_k_1 = (k + 1u) * 3u;
      let b_k_2 = (k + 2u) * 3u;
      let b_k_3 = (k + 3u) * 3u;
      let x0 = b0[a_row0 + a_k];
      let x1 = b0[a_row1 + a_k];
      let x2 = b0[a_row2 + a_k];
      let x3 = b0[a_row3 + a_k];
      let y0_0 = b1[b_row0 + b_k_0];
      let y0_1 = b1[b_row0 + b_k_1];
      let y0_2 = b1[b_row0 + b_k_2];
      let y0_3 = b1[b_row0 + b_k_3];
      let column0_0 = y0_0;
      s0_0 = fma(vec4<f32>(x0.x), column0_0, s0_0);
      s1_0 = fma(vec4<f32>(x1.x), column0_0, s1_0);
      s2_0 = fma(vec4<f32>(x2.x), column0_0, s2_0);
      s3_0 = fma(vec4<f32>(x3.x), column0_0, s3_0);
      let column0_1 = y0_1;
      s0_0 = fma(vec4<f32>(x0.y), column0_1, s0_0);
      s1_0 = fma(vec4<f32>(x1.y), column0_1, s1_0);
      s2_0 = fma(vec4<f32>(x2.y), column0_1, s2_0);
      s3_0 = fma(vec4<f32>(x3.y), column0_1, s3_0);
      let column0_2 = y0_2;
      s0_0 = fma(vec4<f32>(x0.z), column0_2, s0_0);
      s1_0 = fma(vec4<f32>(x1.z), column0_2, s1_0);
      s2_0 = fma(vec4<f32>(x2.z), column0_2, s2_0);
      s3_0 = fma(vec4<f32>(x3.z), column0_2, s3_0);
      let column0_3 = y0_3;
      s0_0 = fma(vec4<f32>(x0.w), column0_3, s0_0);
      s1_0 = fma(vec4<f32>(x1.w), column0_3, s1_0);
      s2_0 = fma(vec4<f32>(x2.w), column0_3, s2_0);
      s3_0 = fma(vec4<f32>(x3.w), column0_3, s3_0);
    }
  }
  if (column0 < 12u) {
    b2[batch * 24u + row0 * 3u + column0 / 4u] = s0_0;
  }
  if (column0 < 12u) {
    b2[batch * 24u + (row0 + 1u) * 3u + column0 / 4u] = s1_0;
  }
  if (column0 < 12u) {
    b2[batch * 24u + (row0 + 2u) * 3u + column0 / 4u] = s2_0;
  }
  if (column0 < 12u) {
    b2[batch * 24u + (row0 + 3u) * 3u + column0 / 4u] = s3_0;
  }
}
