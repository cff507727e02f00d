import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ObjectStore } from "../../../server/connectors/object-store.ts";
import { StagedUploads } from "../../../server/services/transfers/staged-uploads.ts";
import { createFolderStore } from "./folder-store.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maestro-test-uploads-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string) {
  const path = join(folder, name);
  await writeFile(path, name);
  return { path, contentType: "text/plain", rows: 1, bytes: name.length };
}

const open = (objectStore: ObjectStore) =>
  new StagedUploads(
    { random: Math.random, objectStore },
    { folder: "imports/7/3/", signal: new AbortController().signal },
  );

test("files arrive in order in the claim's own folder, and leave the disk", async () => {
  const uploads = open(createFolderStore(join(folder, "bucket")));
  const names = ["a-0", "a-1", "a-2", "a-3", "a-4", "a-5", "a-6"];
  for (const name of names) await uploads.add(await file(name));
  const objects = names.map((name) => `imports/7/3/${name}`);
  expect(await uploads.finish()).toEqual({ objects, bytes: 3 * names.length });
  expect((await readdir(folder)).filter((name) => name.startsWith("a-"))).toEqual([]);
});

test("after a file that cannot be uploaded no other is, and the import ends with its error", async () => {
  const store = createFolderStore(join(folder, "refusing"));
  const asked: string[] = [];
  const uploads = open({
    ...store,
    upload(name, ...more) {
      asked.push(name);
      if (name.endsWith("b-1")) return Promise.reject(new Error("the bucket is full"));
      return store.upload(name, ...more);
    },
  });
  await uploads.add(await file("b-0"));
  await uploads.add(await file("b-1"));
  await uploads.settle();
  await expect(uploads.add(await file("b-2"))).rejects.toThrow("the bucket is full");
  await expect(uploads.finish()).rejects.toThrow("the bucket is full");
  expect(asked).toEqual(["imports/7/3/b-0", "imports/7/3/b-1"]);
});
