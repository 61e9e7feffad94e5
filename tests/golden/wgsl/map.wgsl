// 1,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b1: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> b2: array<f32>;
@group(0) @binding(3) var<storage, read_write> b3: array<vec4<f32>>;
fn is_nan_4(x: vec4<f32>) -> vec4<bool> { return (bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u); }
fn most_4(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return select(a, b, (a < b) & !is_nan_4(a)); }

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let id0 = group * 256u + thread;
  if (id0 >= 192u) { return; }
  let c0 = i32(id0 % 32u);
  let r0 = id0 / 32u;
  let c1 = i32(r0);
  let v0 = c0 * 4;
  let v1 = fma(most_4(b0[(c1 * 128 + v0) >> 2u], vec4<f32>(0f)), b1[v0 >> 2u], vec4<f32>(b2[c1]));
  b3[(c1 * 128 + v0) >> 2u] = v1;
}

// 0 bytes of scratch
