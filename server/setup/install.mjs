// Prepares a fresh clone for `npm start`, `npm test`, `npm run build` and `npm run check`. It runs
// on Node 20 and before any package is installed, hence plain JavaScript that imports nothing but Node itself.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
process.chdir(root);

const goal = process.argv[2];
installPackages();
requireNode24();
if (goal === "start" || goal === "test" || goal === "build") buildWebApp();
if (goal === "test") requireTestPrograms();

/** Packages are installed when one of the lock file's is missing or has another version. */
function installPackages() {
  const wanted = readPackages("package-lock.json");
  const present = readPackages("node_modules/.package-lock.json");
  const missing = Object.entries(wanted).filter(
    ([path, { version, optional }]) =>
      path !== "" &&
      (!optional || isForThisMachine(wanted[path])) &&
      present[path]?.version !== version,
  );
  if (missing.length === 0) return;
  process.stderr.write(`Installing ${Object.keys(wanted).length} packages…\n`);
  run(
    "npm",
    ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"],
    "the packages could not be installed",
  );
}

/** Bindings and programs that come as one optional package a platform. */
function isForThisMachine({ os, cpu, libc }) {
  const isMusl =
    process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime;
  return (
    (os?.includes(process.platform) ?? false) &&
    (cpu?.includes(process.arch) ?? true) &&
    (libc?.includes(isMusl ? "musl" : "glibc") ?? true)
  );
}

function readPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages : {};
}

/** The package `node` puts Node 24 on the scripts' path; its install script may have been refused. */
function requireNode24() {
  const version = spawnSync("node", ["--version"], {
    encoding: "utf8",
    env: pathWithPackages(),
  }).stdout;
  if (Number(/^v(\d+)/.exec(version ?? "")?.[1]) >= 24) return;
  fail(
    `Maestro needs Node 24, and \`node\` is ${version?.trim() || "missing"}: run \`npm rebuild node\`, or install Node 24.`,
  );
}

/** The web app is built when its sources are others than those of the build that is there. */
function buildWebApp() {
  const hash = createHash("sha256");
  for (const path of ["client", "shared", "vite.config.ts", "package-lock.json"])
    hashPath(hash, path);
  const digest = hash.digest("hex");
  const stamp = "dist/web/.source-hash";
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  process.stderr.write("Building the web app…\n");
  run("vite", ["build", "--logLevel", "warn"], "the web app could not be built");
  writeFileSync(stamp, digest);
}

function hashPath(hash, path) {
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) hashPath(hash, join(path, name));
    return;
  }
  hash.update(path).update(readFileSync(path));
}

/** Programs that the tests run against, with the Debian packages that bring them. */
function requireTestPrograms() {
  const programs = [
    { packages: ["chromium"], present: () => has("chromium") },
    { packages: ["redis-server"], present: () => has("redis-server") },
    { packages: ["zsh"], present: () => has("zsh") },
    { packages: ["fish"], present: () => has("fish") },
    { packages: ["openssh-server"], present: () => existsSync("/usr/sbin/sshd") },
    { packages: ["mariadb-server"], present: () => existsSync("/usr/sbin/mariadbd") },
    {
      packages: ["python3", "python3-venv"],
      present: () => succeeds("python3", ["-c", "import venv, ensurepip"]),
    },
  ];
  const missing = programs.filter(({ present }) => !present()).flatMap(({ packages }) => packages);
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && has("apt-get")) {
    process.stderr.write(`Installing ${missing.join(", ")} for the tests…\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-q"], { stdio: "ignore", env });
    spawnSync("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...missing], {
      stdio: ["ignore", "ignore", "inherit"],
      env,
    });
  }
  const still = programs.filter(({ present }) => !present()).flatMap(({ packages }) => packages);
  if (still.length > 0)
    fail(
      `The tests need these programs, which are missing: ${still.join(", ")}. Install them and run again.`,
    );
}

function has(program) {
  return succeeds("sh", ["-c", `command -v ${program}`]);
}

function succeeds(program, args) {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

function run(program, args, complaint) {
  try {
    execFileSync(program, args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: pathWithPackages(),
      shell: process.platform === "win32",
    });
  } catch {
    fail(`${complaint}: see the lines above.`);
  }
}

function pathWithPackages() {
  return {
    ...process.env,
    PATH: `${join(root, "node_modules", ".bin")}${delimiter}${process.env.PATH}`,
  };
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
