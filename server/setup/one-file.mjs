#!/usr/bin/env node
// Maestro in one file: unpacks itself once, into the user's cache, and runs from there.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliDecompressSync } from "node:zlib";

const facts = JSON.parse(process.argv[2]);

if (Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(`maestro: this file needs Node 24, and this is ${process.version}\n`);
  process.exit(1);
}
const home = dirname(fileURLToPath(import.meta.url));
const main = join(unpack(), "dist/server/main.js");
process.argv[1] = main;
await import(pathToFileURL(main));

/** The folder with this version's files; processes that unpack at once each end up with a whole one. */
function unpack() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const key = createHash("sha256").update(facts.digest).update(home).digest("hex").slice(0, 16);
  const folder = join(cache, "maestro", `${facts.version}-${key}`);
  if (existsSync(folder)) return folder;
  const making = `${folder}.${process.pid}`;
  try {
    write(making);
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (existsSync(folder)) return folder;
    process.stderr.write(
      `maestro: cannot unpack to ${folder} (${error.message}): name a folder that it may write to in XDG_CACHE_HOME\n`,
    );
    process.exit(1);
  }
  return folder;
}

function write(folder) {
  const all = brotliDecompressSync(Buffer.from(facts.packed, "base64"));
  let at = 0;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [path, size] of facts.index) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), all.subarray(at, at + size));
    at += size;
  }
  // What is not part of the file is looked for beside it.
  symlinkSync(join(home, "node_modules"), join(folder, "node_modules"), "junction");
}
