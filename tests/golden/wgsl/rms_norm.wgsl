// 50,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> b1: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> b2: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> b3: array<f32>;
var<workgroup> shared0: array<f32, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let lane = thread % 32u;
  let row = group * 2u + thread / 32u;
  let c0 = i32(row);
  var sum0 = vec4<f32>(0f);
  let c1 = i32(lane);
  let v0 = c1 * 4;
  let v1 = b0[(c0 * 384 + v0) >> 2u];
  let v2 = (v1 * v1);
  sum0 = sum0 + v2;
  let c2 = i32(lane + 32u);
  let v3 = c2 * 4;
  let v4 = b0[(c0 * 384 + v3) >> 2u];
  let v5 = (v4 * v4);
  sum0 = sum0 + v5;
  let c3 = i32(lane + 64u);
  let v6 = c3 * 4;
  let v7 = b0[(c0 * 384 + v6) >> 2u];
  let v8 = (v7 * v7);
  sum0 = sum0 + v8;
  let v9 = sum0.x + sum0.y;
  let v10 = sum0.z + sum0.w;
  let v11 = v9 + v10;
  shared0[thread] = v11;
  for (var reach = 16u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (lane < reach) {
      shared0[thread] = shared0[thread] + shared0[thread + reach];
    }
  }
  workgroupBarrier();
  let v12 = shared0[thread - lane];
  let v13 = (1f / sqrt(fma(v12, 0.0026041667442768812f, 0.000009999999747378752f)));
  b2[(c0 * 384 + v0) >> 2u] = ((v1 * vec4<f32>(v13)) * b1[v0 >> 2u]);
  b2[(c0 * 384 + v3) >> 2u] = ((v4 * vec4<f32>(v13)) * b1[v3 >> 2u]);
  b2[(c0 * 384 + v6) >> 2u] = ((v7 * vec4<f32>(v13)) * b1[v6 >> 2u]);
  if (lane == 0u) {
    b3[c0] = v13;
  }
}

// 0 bytes of scratch
