// 1,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b1: array<vec4<f32>>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let id0 = group * 256u + thread;
  if (id0 >= 251u) { return; }
  let c0 = i32(id0);
  let v0 = c0 * 4;
  let v1 = b0[v0 >> 2u];
  let v2 = fma(vec4<f32>(0.8999999761581421f), b1[v0 >> 2u], v1);
  let v3 = fma(-vec4<f32>(0.10000000149011612f), v2, v1);
  b1[v0 >> 2u] = v2;
  b0[v0 >> 2u] = v3;
}

// 0 bytes of scratch
