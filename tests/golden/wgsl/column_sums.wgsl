// 119,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<f32>;
@group(0) @binding(2) var<storage, read_write> scratch: array<f32>;
var<workgroup> shared0: array<f32, 256>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let lane = thread / 32u;
  let row = group * 32u + thread % 32u;
  let c0 = i32((min(row, 3791u)) % 48u);
  let r0 = (min(row, 3791u)) / 48u;
  let c1 = i32(r0);
  let v0 = (5000i - (c1 * 64i));
  let v1 = clamp(v0, 0, 64);
  var sum0 = 0f;
  for (var i = lane; i < u32(v1); i += 8u) {
    let c2 = i32(i);
    let v2 = b0[(c1 * 3072 + c0 + c2 * 48)];
    sum0 = sum0 + v2;
  }
  shared0[thread] = sum0;
  for (var reach = 4u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (lane < reach) {
      shared0[thread] = shared0[thread] + shared0[thread + reach * 32u];
    }
  }
  workgroupBarrier();
  let v3 = shared0[thread - lane * 32u];
  if (row < 3792u && lane == 0u) {
    scratch[(c1 * 48 + c0)] = v3;
  }
}

// 2,1,1
@group(0) @binding(1) var<storage, read_write> b1: array<f32>;
@group(0) @binding(2) var<storage, read_write> scratch: array<f32>;
var<workgroup> shared0: array<f32, 256>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let lane = thread / 32u;
  let row = group * 32u + thread % 32u;
  let c0 = i32(min(row, 47u));
  var sum0 = 0f;
  for (var i = lane; i < 79u; i += 8u) {
    let c1 = i32(i);
    let v0 = scratch[(c0 + c1 * 48)];
    sum0 = sum0 + v0;
  }
  shared0[thread] = sum0;
  for (var reach = 4u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (lane < reach) {
      shared0[thread] = shared0[thread] + shared0[thread + reach * 32u];
    }
  }
  workgroupBarrier();
  let v1 = shared0[thread - lane * 32u];
  if (row < 48u && lane == 0u) {
    b1[c0] = v1;
  }
}

// 15168 bytes of scratch
