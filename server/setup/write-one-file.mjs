import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

/**
 * Packs the files of a folder into a module that unpacks them once, into the user's cache, and then
 * runs `dist/server/main.js` of them. Modules, threads and the web app read files: so they have them.
 */
export function writeOneFile({ file, folder, paths, version }) {
  const contents = paths.map((path) => readFileSync(path));
  const index = paths.map((path, at) => [relative(folder, path), contents[at].length]);
  const packed = brotliCompressSync(Buffer.concat(contents), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  const template = readFileSync(new URL("one-file.mjs", import.meta.url), "utf8");
  const facts = {
    version,
    digest: createHash("sha256").update(JSON.stringify(index)).update(packed).digest("hex"),
    index,
    packed: packed.toString("base64"),
  };
  writeFileSync(
    file,
    template.replace("JSON.parse(process.argv[2])", () => JSON.stringify(facts)),
    {
      mode: 0o755,
    },
  );
}
