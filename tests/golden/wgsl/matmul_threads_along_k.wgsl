// workgroups: 1,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b1: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> b2: array<f32>;
var<workgroup> partial: array<vec4<f32>, 4>;

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let tile_n = 0u;
  let tile_m = 0u;
  let batch = group;
  let thread_n = thread / 4u % 2u;
  let thread_m = thread / 4u / 2u;
  let thread_k = thread % 4u;
  let row0 = tile_m * 1u + thread_m;
  let column0 = tile_n * 8u + thread_n * 4u;
  let k_begin = 0u;
  let k_end = 32u;
  let batch_a = 0u;
  let batch_b = 0u;
  var s0_0 = vec4<f32>();
  let a_row0 = batch_a;
  let b_row0 = batch_b + min(column0, 5u) * 8u;
  let b_row1 = batch_b + min((column0 + 1u), 5u) * 8u;
  let b_row2 = batch_b + min((column0 + 2u), 5u) * 8u;
  let b_row3 = batch_b + min((column0 + 3u), 5u) * 8u;
  var k = k_begin + thread_k * 4u;
  for (; k + 4u <= k_end; k += 16u) {
    {
      let a_k = k / 4u;
      let b_k = k / 4u;
      let x0 = b0[a_row0 + a_k];
      let y0 = b1[b_row0 + b_k];
      let y1 = b1[b_row1 + b_k];
      let y2 = b1[b_row2 + b_k];
      let y3 = b1[b_row3 + b_k];
      let column0_0 = vec4<f32>(y0.x, y1.x, y2.x, y3.x);
      s0_0 = fma(vec4<f32>(x0.x), column0_0, s0_0);
      let column0_1 = vec4<f32>(y0.y, y1.y, y2.y, y3.y);
      s0_0 = fma(vec4<f32>(x0.y), column0_1, s0_0);
      let column0_2 = vec4<f32>(y0.z, y1.z, y2.z, y3.z);
      s0_0 = fma(vec4<f32>(x0.z), column0_2, s0_0);
      let column0_3 = vec4<f32>(y0.w, y1.w, y2.w, y3.w);
      s0_0 = fma(vec4<f32>(x0.w), column0_3, s0_0);
    }
  }
  let lane = thread_m * 2u + thread_n;
  if (thread_k >= 2u && thread_k < 4u) {
    partial[0u + (thread_k - 2u) * 2u + lane] = s0_0;
  }
  workgroupBarrier();
  if (thread_k < 2u) {
    s0_0 += partial[0u + thread_k * 2u + lane];
  }
  workgroupBarrier();
  if (thread_k >= 1u && thread_k < 2u) {
    partial[0u + (thread_k - 1u) * 2u + lane] = s0_0;
  }
  workgroupBarrier();
  if (thread_k < 1u) {
    s0_0 += partial[0u + thread_k * 2u + lane];
  }
  if (thread_k == 0u) {
    if (column0 < 6u) { b2[column0] = s0_0.x; }
    if ((column0 + 1u) < 6u) { b2[(column0 + 1u)] = s0_0.y; }
    if ((column0 + 2u) < 6u) { b2[(column0 + 2u)] = s0_0.z; }
    if ((column0 + 3u) < 6u) { b2[(column0 + 3u)] = s0_0.w; }
  }
}
