import assert from "node:assert/strict";
import { compressionOf, sourceFormat } from "../../../pipelines/data/source_format.ts";

Deno.test("sourceFormat() names what can be read", () => {
  assert.equal(sourceFormat("a/b.c.jsonl.zst"), "jsonl");
  assert.equal(sourceFormat("X.CSV"), "csv");
  assert.equal(sourceFormat("a.Txt.GZ"), "txt");
  assert.equal(sourceFormat("a.parquet"), "parquet");
  for (const path of ["a.pdf", "a", "a.parquet.gz", "a.gz", "jsonl", "a.jsonl.gz.zst"]) {
    assert.equal(sourceFormat(path), undefined, path);
  }
});

Deno.test("compressionOf() goes by the last part of the name", () => {
  assert.deepEqual(["a.txt", "a.txt.gz", "A.JSONL.ZST", "a.gz.txt"].map(compressionOf), [
    "none",
    "gzip",
    "zstd",
    "none",
  ]);
});
