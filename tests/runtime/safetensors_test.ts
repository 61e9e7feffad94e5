import assert from "node:assert/strict";
import { openSafetensors, readSafetensors, writeSafetensors } from "../../runtime/safetensors.ts";

/** Runs `body` with the path of a file in a new temporary folder. */
async function withFile(body: (path: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await body(`${dir}/a.safetensors`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A file of a header and some bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const sample = new Map([
  ["layers.0.weight", { shape: [2, 3], data: Float32Array.of(1, -2.5, 3e-40, 4, NaN, Infinity) }],
  ["step", { shape: [], data: Int32Array.of(-7) }],
  ["none", { shape: [0, 4], data: new Float32Array() }],
  ["bits", { shape: [1], data: Uint32Array.of(4294967295) }],
  ["exact", { shape: [2], data: Float64Array.of(0.1, 1 / 3) }],
]);

Deno.test("writeSafetensors() and readSafetensors() keep every bit, name, shape and type", () =>
  withFile(async (path) => {
    await writeSafetensors(path, sample, { format: "pt" });
    const { tensors, metadata } = await readSafetensors(path);
    assert.deepEqual(metadata, { format: "pt" });
    assert.deepEqual([...tensors], [...sample]);
  }));

Deno.test("writeSafetensors() writes the published layout", () =>
  withFile(async (path) => {
    await writeSafetensors(path, new Map([["x", { shape: [2], data: Float32Array.of(1, 2) }]]));
    const header = '{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  ';
    assert.deepEqual(
      [...await Deno.readFile(path)],
      [
        ...[header.length, 0, 0, 0, 0, 0, 0, 0],
        ...new TextEncoder().encode(header),
        ...[0, 0, 0x80, 0x3f, 0, 0, 0, 0x40],
      ],
    );
  }));

Deno.test("writeSafetensors() refuses a shape that does not fit its data", () =>
  withFile(async (path) => {
    const wrong = new Map([["x", { shape: [3], data: Float32Array.of(1, 2) }]]);
    await assert.rejects(writeSafetensors(path, wrong), {
      name: "RangeError",
      message: `Cannot write ${path}: tensor x of shape [3] has 2 elements`,
    });
  }));

Deno.test("readSafetensors() says what is wrong with a damaged file", () =>
  withFile(async (path) => {
    const x = (fields: Record<string, unknown>) => ({
      x: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...fields },
    });
    const huge = new Uint8Array(16).fill(255);
    const badUtf8 = fileOf("{}   ", 0);
    badUtf8.set([0x22, 0xff, 0x22], 9);
    const malformed = "the header's entry for tensor x is not well formed";
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(7), "it has 7 bytes, a safetensors file has 8 or more"],
      [huge, "its header should have 18446744073709552000 bytes, the file has 16"],
      [fileOf("{}", 0).slice(0, 9), "its header should have 2 bytes, the file has 9"],
      [fileOf("{,}", 0), "its header is not JSON"],
      [fileOf("[]", 0), "its header is not JSON"],
      [badUtf8, "its header is not JSON"],
      [fileOf({ __metadata__: { a: 1 } }, 0), "its __metadata__ is not a map of texts"],
      [fileOf({ x: 1 }, 0), malformed],
      [fileOf(x({ dtype: 4 }), 8), malformed],
      [fileOf(x({ shape: [-1] }), 8), malformed],
      [fileOf(x({ shape: [1.5] }), 8), malformed],
      [fileOf(x({ data_offsets: [8, 0] }), 8), malformed],
      [fileOf(x({ data_offsets: [0, 4, 8] }), 8), malformed],
      [
        fileOf(x({ dtype: "F8" }), 8),
        "tensor x is F8, expected one of F32, F64, I32, U32, F16, BF16",
      ],
      [
        fileOf(x({ dtype: "toString" }), 8),
        "tensor x is toString, expected one of F32, F64, I32, U32, F16, BF16",
      ],
      [fileOf(x({ shape: [3] }), 8), "tensor x has 8 bytes, expected 12 for F32 [3]"],
      [fileOf(x({ data_offsets: [4, 12] }), 12), "tensor x starts at byte 4, expected 0"],
    ];
    for (const [bytes, message] of cases) {
      await Deno.writeFile(path, bytes);
      await assert.rejects(readSafetensors(path), { message: `Cannot read ${path}: ${message}` });
    }
    const good = fileOf(x({}), 8);
    for (
      const [bytes, size] of [[good.slice(0, -1), -1], [new Uint8Array([...good, 0]), 1]] as const
    ) {
      await Deno.writeFile(path, bytes);
      await assert.rejects(readSafetensors(path), {
        message: `Cannot read ${path}: it has ${good.length + size} bytes, expected ${good.length}`,
      });
    }
    await Deno.writeFile(path, good);
    assert.deepEqual([...(await readSafetensors(path)).tensors.keys()], ["x"]);
  }));

Deno.test("openSafetensors() reads F16 and BF16 as f32, and one tensor at a time", () =>
  withFile(async (path) => {
    const halves = Uint16Array.of(
      // Of binary16: 1, -2, the largest, the smallest normal, the smallest, -0, infinity, NaN.
      ...[0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x8000, 0xfc00, 0x7e00],
      // Of bfloat16: 1, -2, 0.10009765625, 2^-133, infinity, -0.
      ...[0x3f80, 0xc000, 0x3dcd, 0x0001, 0x7f80, 0x8000],
    );
    const bytes = fileOf({
      f16: { dtype: "F16", shape: [2, 4], data_offsets: [0, 16] },
      bf16: { dtype: "BF16", shape: [6], data_offsets: [16, 28] },
      mask: { dtype: "BOOL", shape: [2], data_offsets: [28, 30] },
      count: { dtype: "I64", shape: [], data_offsets: [30, 38] },
    }, 38);
    bytes.set(new Uint8Array(halves.buffer), bytes.length - 38);
    await Deno.writeFile(path, bytes);
    const file = await openSafetensors(path);
    try {
      assert.deepEqual(await file.read("bf16"), {
        shape: [6],
        data: Float32Array.of(1, -2, 0.10009765625, 2 ** -133, Infinity, -0),
      });
      assert.deepEqual(await file.read("f16"), {
        shape: [2, 4],
        data: Float32Array.of(1, -2, 65504, 2 ** -14, 2 ** -24, -0, -Infinity, NaN),
      });
      const expected = "expected one of F32, F64, I32, U32, F16, BF16";
      await assert.rejects(file.read("mask"), {
        message: `Cannot read ${path}: tensor mask is BOOL, ${expected}`,
      });
      await assert.rejects(file.read("count"), {
        message: `Cannot read ${path}: tensor count is I64, ${expected}`,
      });
      await assert.rejects(file.read("other"), {
        message: `Cannot read ${path}: it has no other`,
      });
    } finally {
      file.close();
    }
  }));
