import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { forgetLogin, keepLogin, readLogins } from "../../server/commands/login-store.ts";
import { createRoomVoice } from "../../server/connectors/room-voice.ts";
import type { Deps } from "../../server/services/deps.ts";
import type { RoomStatus } from "../../shared/room.ts";
import { createCommandLine } from "./support.ts";

/* A server that sends everybody on to another one, which notes what comes. */

const token = "maestro_token-of-the-tests";
let folder: string;
let thief: Awaited<ReturnType<typeof listen>>;
let sender: Awaited<ReturnType<typeof listen>>;
const arrived: string[] = [];
let status = 307;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maestro-logins-"));
  thief = await listen(() => ({ status: 200, location: null }));
  sender = await listen((request) => ({ status, location: `${thief.url}${request.url}` }));
});
beforeEach(() => {
  arrived.length = 0;
});
afterAll(async () => {
  await Promise.all([thief.close(), sender.close()]);
  await rm(folder, { recursive: true });
});

async function listen(
  answer: (request: IncomingMessage) => { status: number; location: string | null },
) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status: code, location } = answer(request);
    if (location === null) arrived.push(JSON.stringify(request.headers) + Buffer.concat(chunks));
    response.writeHead(code, location === null ? {} : { location }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const noDeps = {} as Deps;

test.each([301, 302, 303, 307, 308])(
  "a command follows no redirect of %i, so that its token stays",
  async (code) => {
    status = code;
    const maestro = createCommandLine(noDeps);
    const env = { MAESTRO_URL: sender.url, MAESTRO_TOKEN: token };
    for (const args of [
      ["tables", "list"],
      ["settings", "set", "costs.currency", "EUR"],
    ]) {
      await expect(maestro(args, env)).rejects.toMatchObject({
        code: "configuration",
        message: expect.stringContaining(`redirects to ${thief.url}/trpc/`),
      });
    }
    const local = createCommandLine(noDeps, {
      findLocalServer: () => Promise.resolve({ url: sender.url, token }),
    });
    await expect(local(["tables", "list"])).rejects.toThrow("redirects to");
    expect(arrived).toEqual([]);
  },
);

test("a login follows none either, with its token typed or with its secret", async () => {
  status = 307;
  const home = { XDG_CONFIG_HOME: join(folder, "none") };
  const stdin = new PassThrough();
  stdin.end(`${token}\n`);
  const typed = createCommandLine(noDeps, { stdin });
  await expect(typed(["login", "--with-token", "--url", sender.url], home)).rejects.toThrow(
    "redirects to",
  );
  const asking = createCommandLine(noDeps);
  await expect(asking(["login", "--url", sender.url], home)).rejects.toThrow("redirects to");
  expect(arrived).toEqual([]);
});

test("a room's token goes to the API that it was given alone", async () => {
  status = 307;
  const voice = createRoomVoice({ scheduler: "s", room: "r", url: sender.url, token });
  expect(await voice.ping("busy" as RoomStatus)).toEqual({
    heard: false,
    why: "the API answers 307",
  });
  expect(arrived).toEqual([]);
});

test("of many logins at once every one is kept, and one that was killed holds up none", async () => {
  const path = join(folder, "maestro/logins.json");
  const hosts = Array.from({ length: 12 }, (_, at) => `https://m${at}.example.com`);
  await Promise.all(hosts.map((host) => keepLogin(path, host, `token of ${host}`)));
  expect(Object.keys((await readLogins(path)).tokens).sort()).toEqual([...hosts].sort());

  const [first = "", second = ""] = hosts;
  await writeFile(`${path}.lock`, "");
  await utimes(`${path}.lock`, new Date(0), new Date(0));
  expect(await forgetLogin(path, first)).toBe(true);
  await keepLogin(path, second, "renewed");
  const { tokens } = await readLogins(path);
  expect([tokens[first], tokens[second]]).toEqual([undefined, "renewed"]);
  expect(Object.keys(tokens)).toHaveLength(11);
});
