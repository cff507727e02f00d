import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { RowStream } from "../../server/connectors/source.ts";
import type { ScalarType, SourceColumn } from "../../server/connectors/source-column.ts";
import { type StagedFile, stageRows } from "../../server/connectors/staging-file.ts";
import { writeAll } from "../../server/connectors/write-all.ts";
import { nullMarker, withDirectory } from "./support.ts";

/* Whatever goes wrong on the way ends the staging with that very error, and lets go of the source. */

const column = (name: string, type: ScalarType): SourceColumn => ({
  name,
  type,
  isArray: false,
  expression: name,
  decimal: null,
});
const plain = [column("id", "INT64"), column("text", "STRING")];
const documents = [column("id", "INT64"), column("text", "JSON")];

const row = `"1","${"x".repeat(1000)}"\n`;
const rowsOfChunk = 100;
/** More than two files of the first sizes. */
const chunks = 400;

function rowsThat(end: (at: number) => void, sourceRows = chunks * rowsOfChunk): RowStream {
  async function* made() {
    for (let at = 0; at < chunks; at++) {
      end(at);
      yield Buffer.from(row.repeat(rowsOfChunk));
    }
  }
  return Object.assign(Readable.from(made(), { objectMode: false }), {
    rows: 0,
    bytes: 0,
    sourceRows,
  });
}

const nothing = () => undefined;

test.each([
  ["Parquet", plain],
  ["CSV", documents],
])("%s: a source that fails in the middle fails the staging", async (_, columns) => {
  await withDirectory(async (directory) => {
    const stream = rowsThat((at) => {
      if (at === 300) throw new Error("the source is gone");
    });
    const onFile = () => Promise.resolve();
    const staging = stageRows({ stream, columns, directory, nullMarker, onFile });
    await expect(staging).rejects.toThrow("the source is gone");
  });
});

test.each([
  ["Parquet", plain],
  ["CSV", documents],
])("%s: an upload that fails ends the reading", async (_, columns) => {
  await withDirectory(async (directory) => {
    const stream = rowsThat(nothing);
    const onFile = () => Promise.reject(new Error("the bucket is gone"));
    const staging = stageRows({ stream, columns, directory, nullMarker, onFile });
    await expect(staging).rejects.toThrow("the bucket is gone");
    expect(stream.destroyed).toBe(true);
    expect(await readdir(directory)).toHaveLength(1);
  });
});

test("a limit of bytes that is given up ends the reading", async () => {
  await withDirectory(async (directory) => {
    const stream = rowsThat(nothing);
    let paid = 0;
    const pay = (bytes: number) => {
      paid += bytes;
      return paid > 1_000_000 ? Promise.reject(new Error("cancelled")) : Promise.resolve();
    };
    const onFile = () => Promise.resolve();
    const staging = stageRows({ stream, columns: plain, directory, nullMarker, pay, onFile });
    await expect(staging).rejects.toThrow("cancelled");
    expect(stream.destroyed).toBe(true);
  });
});

test("a directory that is gone fails the staging", async () => {
  await withDirectory(async (directory) => {
    const stream = rowsThat(nothing);
    const gone = join(directory, "gone");
    const onFile = () => Promise.resolve();
    const staging = stageRows({ stream, columns: plain, directory: gone, nullMarker, onFile });
    await expect(staging).rejects.toMatchObject({ code: "ENOENT" });
  });
});

test("rows that the source does not count are a fault", async () => {
  await withDirectory(async (directory) => {
    const stream = rowsThat(nothing, 7);
    const onFile = () => Promise.resolve();
    const staging = stageRows({ stream, columns: plain, directory, nullMarker, onFile });
    await expect(staging).rejects.toThrow("the source gave 7 rows, but 40000 were staged");
  });
});

test("each file in gzip is one whole member, whatever the blocks it was made of", async () => {
  await withDirectory(async (directory) => {
    const files: StagedFile[] = [];
    const onFile = async (file: StagedFile) => void files.push(file);
    const stream = rowsThat(nothing);
    await stageRows({ stream, columns: documents, directory, nullMarker, onFile });
    expect(files.length).toBeGreaterThan(1);
    const texts = await Promise.all(
      files.map(async ({ path }) => gunzipSync(await readFile(path))),
    );
    const whole = Buffer.concat(texts);
    expect(whole.equals(Buffer.from(row.repeat(chunks * rowsOfChunk)))).toBe(true);
  });
});

test("what a disk takes only a part of is written to its end, or is a fault", async () => {
  const written: Buffer[] = [];
  const file = {
    writev: async ([first]: Buffer[]) => {
      written.push(first!.subarray(0, 2));
      return { bytesWritten: 2 };
    },
    writeFile: async (rest: Buffer) => void written.push(rest),
  };
  const parts = [Buffer.from("abcd"), Buffer.from("ef")];
  expect(await writeAll(file as never, parts)).toBe(6);
  expect(Buffer.concat(written).toString()).toBe("abcdef");
});
