// 1,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<f32>;
@group(0) @binding(1) var<storage, read_write> b1: array<f32>;
fn float_of(bits: u32) -> f32 { return bitcast<f32>(bits); }

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let id0 = group * 64u + thread;
  if (id0 >= 15u) { return; }
  let c0 = i32(id0 % 5u);
  let r0 = id0 / 5u;
  let c1 = i32(r0);
  b1[(c1 * 5 + c0)] = select(float_of(4286578688u), b0[(c1 * 5 + c0)], (c1 < c0));
}

// 0 bytes of scratch
