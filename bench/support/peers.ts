import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type Peer = { entry: string } | { missing: string };

/**
 * Where a peer's entry file is. With `install` it is fetched into a folder of its own under the
 * results, which git ignores: nothing of it reaches this repository or its dependencies.
 */
export function findPeer(options: {
  name: string;
  /** As npm is told them: `name@range`. */
  packages: string[];
  /** The file to import, below node_modules. */
  entry: string;
  install: boolean;
}): Peer {
  const folder = fileURLToPath(new URL(`../results/peers/${options.name}/`, import.meta.url));
  const entry = join(folder, "node_modules", options.entry);
  if (existsSync(entry)) return { entry };
  if (!options.install) return { missing: "not installed; --peers fetches it" };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  try {
    const flags = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
    execFileSync("npm", [...flags, ...options.packages], { cwd: folder, stdio: "pipe" });
  } catch (error) {
    return { missing: `npm could not install it: ${String(error).split("\n")[0]}` };
  }
  return existsSync(entry) ? { entry } : { missing: `its package has no ${options.entry}` };
}
