// 1,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b1: array<i32>;
@group(0) @binding(2) var<storage, read_write> b2: array<vec4<f32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let id0 = group * 256u + thread;
  if (id0 >= 80u) { return; }
  let c0 = i32(id0 % 2u);
  let r0 = id0 / 2u;
  let c1 = i32(r0);
  let v0 = c0 * 4;
  b2[(c1 * 8 + v0) >> 2u] = b0[(v0 + (min(max(b1[c1], 0i), 49i) * 8i)) >> 2u];
}

// 0 bytes of scratch
