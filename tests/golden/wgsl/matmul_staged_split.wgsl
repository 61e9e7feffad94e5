// workgroups: 2,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b1: array<f32>;
@group(0) @binding(3) var<storage, read_write> scratch: array<f32>;
var<workgroup> tile_a: array<vec4<f32>, 8>;
var<workgroup> tile_b: array<vec4<f32>, 8>;

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let tile_n = 0u;
  let tile_m = 0u;
  let split = group % 2u;
  let batch = group / 2u;
  let thread_n = thread % 2u;
  let thread_m = thread / 2u;
  let row0 = tile_m * 8u + thread_m * 4u;
  let column0 = tile_n * 8u + thread_n * 4u;
  let k_begin = split * 12u;
  let k_end = min(21u, k_begin + 12u);
  let batch_a = 0u;
  let batch_b = 0u;
  var s0_0 = vec4<f32>();
  var s1_0 = vec4<f32>();
  var s2_0 = vec4<f32>();
  var s3_0 = vec4<f32>();
  let a_from0 = batch_a + min((tile_m * 8u + (thread % 2u) * 4u), 4u) / 4u;
  let a_step0 = thread / 2u;
  let a_to0 = (thread / 2u) * 2u + thread % 2u;
  let a_from1 = batch_a + min((tile_m * 8u + ((thread + 4u) % 2u) * 4u), 4u) / 4u;
  let a_step1 = (thread + 4u) / 2u;
  let a_to1 = ((thread + 4u) / 2u) * 2u + (thread + 4u) % 2u;
  let b_from0_0 = batch_b + min((tile_n * 8u + (thread % 2u) * 4u), 6u);
  let b_from0_1 = batch_b + min(((tile_n * 8u + (thread % 2u) * 4u) + 1u), 6u);
  let b_from0_2 = batch_b + min(((tile_n * 8u + (thread % 2u) * 4u) + 2u), 6u);
  let b_from0_3 = batch_b + min(((tile_n * 8u + (thread % 2u) * 4u) + 3u), 6u);
  let b_step0 = thread / 2u;
  let b_to0 = (thread / 2u) * 2u + thread % 2u;
  let b_from1_0 = batch_b + min((tile_n * 8u + ((thread + 4u) % 2u) * 4u), 6u);
  let b_from1_1 = batch_b + min(((tile_n * 8u + ((thread + 4u) % 2u) * 4u) + 1u), 6u);
  let b_from1_2 = batch_b + min(((tile_n * 8u + ((thread + 4u) % 2u) * 4u) + 2u), 6u);
  let b_from1_3 = batch_b + min(((tile_n * 8u + ((thread + 4u) % 2u) * 4u) + 3u), 6u);
  let b_step1 = (thread + 4u) / 2u;
  let b_to1 = ((thread + 4u) / 2u) * 2u + (thread + 4u) % 2u;
  var k = k_begin;
  for (; k + 4u <= k_end; k += 4u) {
    tile_a[a_to0] = b0[a_from0 + (k + a_step0) * 2u];
    tile_a[a_to1] = b0[a_from1 + (k + a_step1) * 2u];
    tile_b[b_to0] = vec4<f32>(b1[b_from0_0 + (k + b_step0) * 7u], b1[b_from0_1 + (k + b_step0) * 7u], b1[b_from0_2 + (k + b_step0) * 7u], b1[b_from0_3 + (k + b_step0) * 7u]);
    tile_b[b_to1] = vec4<f32>(b1[b_from1_0 + (k + b_step1) * 7u], b1[b_from1_1 + (k + b_step1) * 7u], b1[b_from1_2 + (k + b_step1) * 7u], b1[b_from1_3 + (k + b_step1) * 7u]);
    workgroupBarrier();
    {
      let x0_0 = tile_a[thread_m];
      let x0_1 = tile_a[2u + thread_m];
      let x0_2 = tile_a[4u + thread_m];
      let x0_3 = tile_a[6u + thread_m];
      let y0_0 = tile_b[thread_n];
      let y0_1 = tile_b[2u + thread_n];
      let y0_2 = tile_b[4u + thread_n];
      let y0_3 = tile_b[6u + thread_n];
      let column0_0 = y0_0;
      s0_0 = fma(vec4<f32>(x0_0.x), column0_0, s0_0);
      s1_0 = fma(vec4<f32>(x0_0.y), column0_0, s1_0);
      s2_0 = fma(vec4<f32>(x0_0.z), column0_0, s2_0);
      s3_0 = fma(vec4<f32>(x0_0.w), column0_0, s3_0);
      let column0_1 = y0_1;
      s0_0 = fma(vec4<f32>(x0_1.x), column0_1, s0_0);
      s1_0 = fma(vec4<f32>(x0_1.y), column0_1, s1_0);
      s2_0 = fma(vec4<f32>(x0_1.z), column0_1, s2_0);
      s3_0 = fma(vec4<f32>(x0_1.w), column0_1, s3_0);
      let column0_2 = y0_2;
      s0_0 = fma(vec4<f32>(x0_2.x), column0_2, s0_0);
      s1_0 = fma(vec4<f32>(x0_2.y), column0_2, s1_0);
      s2_0 = fma(vec4<f32>(x0_2.z), column0_2, s2_0);
      s3_0 = fma(vec4<f32>(x0_2.w), column0_2, s3_0);
      let column0_3 = y0_3;
      s0_0 = fma(vec4<f32>(x0_3.x), column0_3, s0_0);
      s1_0 = fma(vec4<f32>(x0_3.y), column0_3, s1_0);
      s2_0 = fma(vec4<f32>(x0_3.z), column0_3, s2_0);
      s3_0 = fma(vec4<f32>(x0_3.w), column0_3, s3_0);
    }
    workgroupBarrier();
  }
  if (k < k_end) {
    tile_a[a_to0] = b0[a_from0 + min((k + a_step0), 20u) * 2u];
    tile_a[a_to1] = b0[a_from1 + min((k + a_step1), 20u) * 2u];
    tile_b[b_to0] = vec4<f32>(b1[b_from0_0 + min((k + b_step0), 20u) * 7u], b1[b_from0_1 + min((k + b_step0), 20u) * 7u], b1[b_from0_2 + min((k + b_step0), 20u) * 7u], b1[b_from0_3 + min((k + b_step0), 20u) * 7u]);
    tile_b[b_to1] = vec4<f32>(b1[b_from1_0 + min((k + b_step1), 20u) * 7u], b1[b_from1_1 + min((k + b_step1), 20u) * 7u], b1[b_from1_2 + min((k + b_step1), 20u) * 7u], b1[b_from1_3 + min((k + b_step1), 20u) * 7u]);
    workgroupBarrier();
    {
      let x0_0 = tile_a[thread_m];
      let y0_0 = tile_b[thread_n];
      let column0_0 = y0_0;
      s0_0 = fma(vec4<f32>(x0_0.x), column0_0, s0_0);
      s1_0 = fma(vec4<f32>(x0_0.y), column0_0, s1_0);
      s2_0 = fma(vec4<f32>(x0_0.z), column0_0, s2_0);
      s3_0 = fma(vec4<f32>(x0_0.w), column0_0, s3_0);
    }
    workgroupBarrier();
  }
  if (column0 < 7u) { scratch[((split * 1u + batch) * 8u + row0) * 7u + column0] = s0_0.x; }
  if ((column0 + 1u) < 7u) { scratch[((split * 1u + batch) * 8u + row0) * 7u + (column0 + 1u)] = s0_0.y; }
  if ((column0 + 2u) < 7u) { scratch[((split * 1u + batch) * 8u + row0) * 7u + (column0 + 2u)] = s0_0.z; }
  if ((column0 + 3u) < 7u) { scratch[((split * 1u + batch) * 8u + row0) * 7u + (column0 + 3u)] = s0_0.w; }
  if (column0 < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 1u)) * 7u + column0] = s1_0.x; }
  if ((column0 + 1u) < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 1u)) * 7u + (column0 + 1u)] = s1_0.y; }
  if ((column0 + 2u) < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 1u)) * 7u + (column0 + 2u)] = s1_0.z; }
  if ((column0 + 3u) < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 1u)) * 7u + (column0 + 3u)] = s1_0.w; }
  if (column0 < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 2u)) * 7u + column0] = s2_0.x; }
  if ((column0 + 1u) < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 2u)) * 7u + (column0 + 1u)] = s2_0.y; }
  if ((column0 + 2u) < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 2u)) * 7u + (column0 + 2u)] = s2_0.z; }
  if ((column0 + 3u) < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 2u)) * 7u + (column0 + 3u)] = s2_0.w; }
  if (column0 < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 3u)) * 7u + column0] = s3_0.x; }
  if ((column0 + 1u) < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 3u)) * 7u + (column0 + 1u)] = s3_0.y; }
  if ((column0 + 2u) < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 3u)) * 7u + (column0 + 2u)] = s3_0.z; }
  if ((column0 + 3u) < 7u) { scratch[((split * 1u + batch) * 8u + (row0 + 3u)) * 7u + (column0 + 3u)] = s3_0.w; }
}

// workgroups: 1,1,1
@group(0) @binding(2) var<storage, read_write> b2: array<f32>;
@group(0) @binding(3) var<storage, read_write> scratch: array<f32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let part = group * 256u + thread;
  if (part >= 56u) { return; }
  var sum = scratch[part];
  for (var split = 1u; split < 2u; split++) {
    sum += scratch[split * 56u + part];
  }
  b2[(part / 7u % 8u) * 7u + (part % 7u)] = sum;
}
