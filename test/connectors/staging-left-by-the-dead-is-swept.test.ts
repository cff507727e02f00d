import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { sweepStaging, withStagingDirectory } from "../../server/connectors/staging-directory.ts";

test("the directory of a dead process is removed, that of a living one is not", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  await withStagingDirectory(async (living) => {
    const name = basename(living).replace(`-${process.pid}-`, `-${child.pid}-`);
    const dead = join(dirname(living), name);
    await mkdir(dead);
    await writeFile(join(dead, "rows.csv"), "left behind");
    try {
      await sweepStaging();
      expect(existsSync(dead)).toBe(false);
      expect(existsSync(living)).toBe(true);
    } finally {
      await rm(dead, { recursive: true, force: true });
    }
  });
});
