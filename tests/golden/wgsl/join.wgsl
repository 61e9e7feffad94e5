// 2,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<f32>;
@group(0) @binding(1) var<storage, read_write> b1: array<f32>;
@group(0) @binding(2) var<storage, read_write> b2: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  if (group < 1u) {
    let id0 = group * 64u + thread;
    if (id0 >= 24u) { return; }
    let c0 = i32(id0 % 8u);
    let r0 = id0 / 8u;
    let c1 = i32(r0);
    b2[(c1 * 13 + c0)] = b0[(c1 * 8 + c0)];
  }
  if (group >= 1u && group < 2u) {
    let id1 = (group - 1u) * 64u + thread;
    if (id1 >= 15u) { return; }
    let c2 = i32(id1 % 5u);
    let r1 = id1 / 5u;
    let c3 = i32(r1);
    b2[(c3 * 13 + c2 + 8)] = b1[(c3 * 5 + c2)];
  }
}

// 0 bytes of scratch
