// 250,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b1: array<i32>;
@group(0) @binding(2) var<storage, read_write> b2: array<vec4<f32>>;
var<workgroup> mask: array<atomic<u32>, 32>;
var<workgroup> found: array<u32, 32>;

@compute @workgroup_size(128)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let first = group * 20u;
  let count = min(20u, 5000u - first);
  let column = thread;
  let is_column = column < 96u;
  if (is_column) {
    for (var row = first; row < first + count; row++) {
      b2[row * 96u + column] = vec4<f32>();
    }
  }
  for (var start = 0u; start < 1000u; start += 1024u) {
    for (var i = thread; i < min(1024u, 1000u - start); i += 128u) {
      if (u32(b1[start + i]) - first < count) {
        atomicOr(&mask[i / 32u], 1u << (i % 32u));
      }
    }
    workgroupBarrier();
    if (thread < 32u) { found[thread] = atomicExchange(&mask[thread], 0u); }
    workgroupBarrier();
    if (is_column) {
      for (var word = 0u; word < 32u; word++) {
        var bits = found[word];
        while (bits != 0u) {
          let row = start + word * 32u + firstTrailingBit(bits);
          bits &= bits - 1u;
          let to = u32(b1[row]) * 96u + column;
          b2[to] = b2[to] + b0[row * 96u + column];
        }
      }
    }
  }
}

// 0 bytes of scratch
