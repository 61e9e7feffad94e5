// 10,1,1
@group(0) @binding(0) var<storage, read_write> b0: array<vec4<f32>>;
fn float_of(bits: u32) -> f32 { return bitcast<f32>(bits); }
fn is_nan_4(x: vec4<f32>) -> vec4<bool> { return (bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u); }
fn least_4(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> { return select(a, b, (b < a) & !is_nan_4(a)); }
var<workgroup> shared0: array<f32, 256>;
var<workgroup> shared1: array<f32, 256>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) position: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = position.x;
  let lane = thread;
  let row = group;
  let c0 = i32(row % 5u);
  let r0 = row / 5u;
  let c1 = i32(r0);
  let v0 = (c0 + 4996i);
  let v1 = clamp(v0, 0, 5000);
  var sum0 = vec4<f32>(float_of(4286578688u));
  for (var i = lane; i < u32(v1 + 3) / 4u; i += 256u) {
    let c2 = i32(i);
    let v2 = c2 * 4;
    let v3 = (vec4<i32>(v2) + vec4<i32>(0, 1, 2, 3)) < vec4<i32>(v1);
    let v4 = b0[(c1 * 25000 + c0 * 5000 + v2) >> 2u];
    let v5 = select(vec4<f32>(float_of(4286578688u)), v4, v3);
    sum0 = select(sum0, v5, sum0 < v5);
  }
  let v6 = select(sum0.x, sum0.y, sum0.x < sum0.y);
  let v7 = select(sum0.z, sum0.w, sum0.z < sum0.w);
  let v8 = select(v6, v7, v6 < v7);
  shared0[thread] = v8;
  for (var reach = 128u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (lane < reach) {
      shared0[thread] = select(shared0[thread], shared0[thread + reach], shared0[thread] < shared0[thread + reach]);
    }
  }
  workgroupBarrier();
  let v9 = shared0[thread - lane];
  var sum1 = vec4<f32>(0f);
  for (var i = lane; i < u32(v1 + 3) / 4u; i += 256u) {
    let c3 = i32(i);
    let v10 = c3 * 4;
    let v11 = (vec4<i32>(v10) + vec4<i32>(0, 1, 2, 3)) < vec4<i32>(v1);
    let v12 = b0[(c1 * 25000 + c0 * 5000 + v10) >> 2u];
    let v13 = (v12 - vec4<f32>(v9));
    let v14 = least_4(v13, vec4<f32>(88.69999694824219f));
    let v15 = round((v14 * vec4<f32>(1.4426950216293335f)));
    let v16 = fma(-v15, vec4<f32>((-0.00021219444170128554f)), fma(-v15, vec4<f32>(0.693359375f), v14));
    let v17 = fma(vec4<f32>(0.001381315873004496f), v16, vec4<f32>(0.00836941134184599f));
    let v18 = fma(fma(v17, v16, vec4<f32>(0.04166845604777336f)), v16, vec4<f32>(0.16666515171527863f));
    let v19 = fma(fma(fma(v18, v16, vec4<f32>(0.4999999403953552f)), v16, vec4<f32>(1f)), v16, vec4<f32>(1f));
    let v20 = bitcast<vec4<f32>>((bitcast<vec4<u32>>((v15 + vec4<f32>(12583039f))) << vec4<u32>(23u)));
    let v21 = select((v19 * v20), vec4<f32>(0f), (v13 < vec4<f32>((-87.33650207519531f))));
    sum1 = sum1 + select(vec4<f32>(0f), v21, v11);
  }
  let v22 = sum1.x + sum1.y;
  let v23 = sum1.z + sum1.w;
  let v24 = v22 + v23;
  shared1[thread] = v24;
  for (var reach = 128u; reach > 0u; reach /= 2u) {
    workgroupBarrier();
    if (lane < reach) {
      shared1[thread] = shared1[thread] + shared1[thread + reach];
    }
  }
  workgroupBarrier();
  let v25 = shared1[thread - lane];
  for (var i = lane; i < 1250u; i += 256u) {
    let c4 = i32(i);
    let v26 = c4 * 4;
    let v27 = (vec4<i32>(v26) + vec4<i32>(0, 1, 2, 3)) < vec4<i32>(v1);
    let v28 = b0[(c1 * 25000 + c0 * 5000 + v26) >> 2u];
    let v29 = (v28 - vec4<f32>(v9));
    let v30 = least_4(v29, vec4<f32>(88.69999694824219f));
    let v31 = round((v30 * vec4<f32>(1.4426950216293335f)));
    let v32 = fma(-v31, vec4<f32>((-0.00021219444170128554f)), fma(-v31, vec4<f32>(0.693359375f), v30));
    let v33 = fma(vec4<f32>(0.001381315873004496f), v32, vec4<f32>(0.00836941134184599f));
    let v34 = fma(fma(v33, v32, vec4<f32>(0.04166845604777336f)), v32, vec4<f32>(0.16666515171527863f));
    let v35 = fma(fma(fma(v34, v32, vec4<f32>(0.4999999403953552f)), v32, vec4<f32>(1f)), v32, vec4<f32>(1f));
    let v36 = bitcast<vec4<f32>>((bitcast<vec4<u32>>((v31 + vec4<f32>(12583039f))) << vec4<u32>(23u)));
    let v37 = select((v35 * v36), vec4<f32>(0f), (v29 < vec4<f32>((-87.33650207519531f))));
    b0[(c1 * 25000 + c0 * 5000 + v26) >> 2u] = select(vec4<f32>(0f), (v37 / vec4<f32>(v25)), v27);
  }
}

// 0 bytes of scratch
