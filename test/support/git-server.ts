import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface GitServer {
  url: string;
  /** Where the repository is on this machine. */
  path: string;
  token: string;
  /** Runs git in the repository itself. */
  git(...args: string[]): Promise<string>;
  /** Commits files (null deletes) to the branch as somebody else would. */
  commit(message: string, files: Record<string, string | null>): Promise<string>;
  /** What the repository runs before it takes a push: a script of the shell; null for nothing. */
  hook(script: string | null): Promise<void>;
  /** While true it answers 503. */
  isAway: boolean;
  /** Called after a push was taken, before its answer is sent. */
  afterPush: (() => void) | null;
  pushes: number;
  close(): Promise<void>;
}

/** A real Git server: git's own http-backend, behind basic authentication. */
export async function startGitServer(): Promise<GitServer> {
  const folder = await mkdtemp(join(tmpdir(), "maestro-git-server-"));
  const repository = join(folder, "team/sql.git");
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "Ann",
    GIT_AUTHOR_EMAIL: "ann@example.com",
    GIT_COMMITTER_NAME: "Ann",
    GIT_COMMITTER_EMAIL: "ann@example.com",
  };
  await run("git", ["init", "--quiet", "--bare", "--initial-branch=main", repository], { env });
  for (const key of ["http.receivepack", "uploadpack.allowFilter"]) {
    await run("git", ["-C", repository, "config", key, "true"], { env });
  }
  const backend = join(
    (await run("git", ["--exec-path"], { env })).stdout.trim(),
    "git-http-backend",
  );
  const token = "a-token-of-tests";
  const expected = `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
  const server = createServer((request, response) => {
    const { method = "", headers } = request;
    const { pathname, search } = new URL(request.url ?? "/", "http://x");
    if (self.isAway || headers.authorization !== expected) {
      response.writeHead(self.isAway ? 503 : 401, { "www-authenticate": "Basic" }).end();
      return;
    }
    const child = spawn(backend, {
      env: {
        ...env,
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: "1",
        REMOTE_USER: "maestro",
        REQUEST_METHOD: method,
        PATH_INFO: decodeURIComponent(pathname),
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: headers["content-type"] ?? "",
        HTTP_GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
        HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
        ...(headers["content-length"] ? { CONTENT_LENGTH: headers["content-length"] } : {}),
      },
    });
    request.pipe(child.stdin);
    child.stdin.on("error", () => undefined);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", () => {
      const all = Buffer.concat(chunks);
      const split = all.indexOf("\r\n\r\n");
      const fields = all.subarray(0, split).toString().split("\r\n");
      const given = Object.fromEntries(fields.map((line) => line.split(": ") as [string, string]));
      const { Status: status = "200", ...others } = given;
      if (method === "POST" && pathname.endsWith("/git-receive-pack")) {
        self.pushes += 1;
        self.afterPush?.();
      }
      response.writeHead(Number.parseInt(status, 10), others).end(all.subarray(split + 4));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const git = async (...args: string[]) =>
    (await run("git", ["-C", repository, ...args], { env })).stdout.trim();
  const self: GitServer = {
    url: `http://127.0.0.1:${port}/team/sql.git`,
    path: repository,
    token,
    git,
    hook: (script) => {
      const text = `#!/bin/sh\n${script ?? "exit 0"}\n`;
      return writeFile(join(repository, "hooks/pre-receive"), text, { mode: 0o755 });
    },
    isAway: false,
    afterPush: null,
    pushes: 0,
    async commit(message, files) {
      const tree = await mkdtemp(join(folder, "index-"));
      const withIndex = { env: { ...env, GIT_INDEX_FILE: join(tree, "index") } };
      const here = async (args: string[], input?: string) => {
        const done = run("git", ["-C", repository, ...args], withIndex);
        if (input !== undefined) done.child.stdin?.end(input);
        return (await done).stdout.trim();
      };
      const head = await here(["rev-parse", "--verify", "--quiet", "refs/heads/main"]).catch(
        () => "",
      );
      if (head) await here(["read-tree", head]);
      for (const [path, text] of Object.entries(files)) {
        if (text === null)
          await here(["update-index", "--index-info"], `0 ${"0".repeat(40)}\t${path}\n`);
        else {
          const sha = await here(["hash-object", "-w", "--stdin"], text);
          await here(["update-index", "--add", "--cacheinfo", `100644,${sha},${path}`]);
        }
      }
      const written = await here(["write-tree"]);
      const parent = head ? ["-p", head] : [];
      const commit = await here(["commit-tree", written, ...parent, "-m", message]);
      await here(["update-ref", "refs/heads/main", commit]);
      return commit;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
  return self;
}
