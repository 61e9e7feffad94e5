import assert from "node:assert/strict";
import { readSafetensors, writeSafetensors } from "../../runtime/safetensors.ts";

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
      [fileOf(x({ dtype: "F8" }), 8), "tensor x is F8, expected one of F32, F64, I32, U32"],
      [
        fileOf(x({ dtype: "toString" }), 8),
        "tensor x is toString, expected one of F32, F64, I32, U32",
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
