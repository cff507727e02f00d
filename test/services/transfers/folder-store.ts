import { createWriteStream } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ObjectStore } from "../../../server/connectors/object-store.ts";

/**
 * A bucket in a folder, for tests of rooms without a local cloud: an object is there whole or not at
 * all. `stallAfter`: an upload stops for ever after so many bytes.
 */
export function createFolderStore(
  folder: string,
  options: { stallAfter?: number } = {},
): ObjectStore {
  const pathOf = (name: string) => join(folder, "objects", name);
  return {
    bucket: "test-bucket",
    async upload(name, content, { signal }) {
      const part = join(folder, "parts", `${name.replaceAll("/", "_")}.${process.pid}`);
      await mkdir(dirname(part), { recursive: true });
      await mkdir(dirname(pathOf(name)), { recursive: true });
      let bytes = 0;
      const stalling = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          bytes += chunk.length;
          if (options.stallAfter !== undefined && bytes > options.stallAfter) return;
          done(null, chunk);
        },
      });
      await pipeline(content, stalling, createWriteStream(part), signal ? { signal } : {});
      await rename(part, pathOf(name));
      return (await stat(pathOf(name))).size;
    },
    async download(name, path) {
      await copyFile(pathOf(name), path);
      return (await stat(path)).size;
    },
    async list(prefix) {
      const root = join(folder, "objects");
      const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
      const files = entries.filter((entry) => entry.isFile());
      const names = files.map((entry) => relative(root, join(entry.parentPath, entry.name)));
      const found = names.filter((name) => name.startsWith(prefix)).sort();
      return Promise.all(
        found.map(async (name) => ({ name, bytes: (await stat(pathOf(name))).size })),
      );
    },
    listPage: () => Promise.resolve({ objects: [], nextPageToken: null }),
    async remove(names) {
      for (const name of names) await rm(pathOf(name), { force: true });
    },
    signedReadUrl: () => Promise.reject(new Error("no URLs here")),
    signedWriteUrl: () => Promise.reject(new Error("no URLs here")),
    ensureBucket: () => Promise.resolve(),
  };
}
