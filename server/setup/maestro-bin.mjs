#!/usr/bin/env node
// The command `maestro` of the installed package: runs the program with Node 24, which is the one
// that runs this or comes as the package `node`.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const needed = 24;
const main = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));

if (!existsSync(main)) fail("the program is not built: run `npm run build`");
if (Number(process.versions.node.split(".")[0]) >= needed) {
  process.argv[1] = main;
  await import(pathToFileURL(main));
} else {
  runWith(findNode());
}

function findNode() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  try {
    const found = createRequire(import.meta.url).resolve("node/package.json");
    const program = join(dirname(found), "bin", name);
    if (existsSync(program)) return program;
  } catch {
    // Said below.
  }
  return fail(
    `Maestro needs Node ${needed}, and this is ${process.version}: run \`npm rebuild node\` where Maestro is installed, or install Node ${needed}`,
  );
}

/** In this process's place where Node can do that, else as its child, which gets its signals. */
function runWith(node) {
  const args = [main, ...process.argv.slice(2)];
  if (typeof process.execve === "function" && process.platform !== "win32") {
    process.execve(node, [node, ...args], process.env);
  }
  const child = spawn(node, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // A terminal's Ctrl-C reaches the child by itself.
    process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
  }
  child.on("error", (error) => fail(`${node} cannot be run: ${error.message}`));
  child.on("exit", (code, signal) =>
    process.exit(code ?? 128 + constants.signals[signal ?? "SIGTERM"]),
  );
}

function fail(message) {
  process.stderr.write(`maestro: ${message}\n`);
  process.exit(1);
}
