import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  getGuarded,
  guardedAgent,
  type guardedLookup,
} from "../../server/connectors/guarded-connection.ts";
import { isPublicAddress, readOutboundUrl } from "../../server/support/outbound-address.ts";

type Resolve = NonNullable<Parameters<typeof guardedLookup>[1]>;

/** Names of the tests, with the addresses that they resolve to. */
function resolver(names: Record<string, string[]>): Resolve & { asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = (host, _options, done) => {
    asked.push(host);
    const addresses = names[host] ?? [];
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
  return Object.assign(resolve, { asked });
}

let server: Server;
let port: number;
const seen: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(`${request.headers.host}${request.url}`);
    const to = new URL(request.url ?? "/", "http://x").searchParams.get("to");
    if (to !== null) response.writeHead(302, { location: to });
    response.end("answered");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const notPublic = [
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "100.127.255.254",
  "127.0.0.1",
  "127.255.255.254",
  "169.254.0.1",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.8",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.0.1",
  "198.18.0.1",
  "198.51.100.7",
  "203.0.113.9",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::7f00:1",
  "::ffff:127.0.0.1",
  "::ffff:a9fe:a9fe",
  "::ffff:0:10.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b:1::10.0.0.1",
  "100::1",
  "2001::1",
  "2001:db8::1",
  "2002:7f00:1::1",
  "2606:4700::5efe:10.0.0.1",
  "3fff::1",
  "5f00::1",
  "fc00::1",
  "fd12:3456::1",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
  "4000::1",
];

test.each(notPublic)(
  "%s is not connected to, written so or as what a name resolves to",
  async (address) => {
    expect(isPublicAddress(address)).toBe(false);
    const host = address.includes(":") ? `[${address}]` : address;
    await expect(getGuarded(`http://${host}/`, { allowed: [] })).rejects.toMatchObject({
      code: expect.stringMatching(/^(forbidden|invalidInput)$/),
    });
    const resolve = resolver({ "named.test": ["93.184.216.34", address] });
    const named = getGuarded("http://named.test/", { allowed: [], resolve });
    await expect(named).rejects.toThrow("is not a public address: an admin may allow it");
  },
);

test.each(["8.8.8.8", "93.184.216.34", "::ffff:8.8.8.8", "2606:4700:4700::1111", "2a00:1450::1"])(
  "%s is public",
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

test.each([
  "http://2130706433/",
  "http://017700000001/",
  "http://0x7f000001/",
  "http://0x7f.1/",
  "http://127.1/",
  "http://0177.0.0.1/",
  "http://127.0.0.1./",
  "http://example.com./",
  "http://localhost./",
  "http://user@example.com/",
  "http://user:pass@example.com/",
  "http://example.com@127.0.0.1/",
  "http://example.com\\@127.0.0.1/",
  "http://ex ample.com/",
  "http://exam\tple.com/",
  "http://①②⑦.⓪.⓪.①/",
  "http://ⓛocalhost/",
  "http://127%2e0%2e0%2e1/",
  "https:/example.com",
  "//example.com/",
  "ftp://example.com/",
  "file:///etc/passwd",
  "gopher://example.com/",
  "data:text/plain,x",
  "javascript:alert(1)",
  "",
])("%j is no address to go to", (address) => {
  expect(() => readOutboundUrl(address, ["127.0.0.1", "localhost"])).toThrow(/^this is not /);
});

test("usual addresses are taken as they are", () => {
  for (const address of [
    "https://Example.com",
    "http://example.com:8443/a?b=c#d",
    "https://[2606:4700::1]/x",
  ]) {
    expect(readOutboundUrl(address, []).href).toBe(new URL(address).href);
  }
});

test("an admin allows a name, an address or a network, and nothing beside it", async () => {
  const resolve = resolver({ "inside.test": ["127.0.0.1"], "other.test": ["127.0.0.1"] });
  const get = (host: string, allowed: string[]) =>
    getGuarded(`http://${host}:${port}/`, { allowed, resolve });
  const answered = { status: 200, text: "answered" };
  expect(await get("inside.test", ["inside.test"])).toEqual(answered);
  expect(await get("inside.test", ["127.0.0.1"])).toEqual(answered);
  expect(await get("127.0.0.1", ["127.0.0.0/8"])).toEqual(answered);
  for (const [host, allowed] of [
    ["other.test", ["inside.test"]],
    ["127.0.0.1", ["127.0.0.2", "10.0.0.0/8", "::1/128"]],
    ["inside.test", []],
  ] as const) {
    await expect(get(host, [...allowed])).rejects.toMatchObject({ code: "forbidden" });
  }
});

test("each redirect is looked at anew, and one without end is given up", async () => {
  const resolve = resolver({ "inside.test": ["127.0.0.1"], "evil.test": ["10.0.0.1"] });
  const get = (to: string) =>
    getGuarded(`http://inside.test:${port}/?to=${encodeURIComponent(to)}`, {
      allowed: ["inside.test"],
      resolve,
    });
  expect(await get("/end")).toEqual({ status: 200, text: "answered" });
  seen.length = 0;
  await expect(get(`http://127.0.0.1:${port}/secret`)).rejects.toThrow("not a public address");
  await expect(get("http://evil.test/")).rejects.toThrow("evil.test (10.0.0.1) is not a public");
  await expect(get("file:///etc/passwd")).rejects.toThrow("this is not an https:// or http://");
  expect(seen.filter((path) => path.includes("secret") && !path.includes("to="))).toEqual([]);
  await expect(
    get(`/?to=${encodeURIComponent("/?to=%2F%3Fto%3D%252F%253Fto%253D%25252F")}`),
  ).rejects.toThrow("redirects without end");
});

test("a name is resolved once, and the connection is made to the address that was looked at", async () => {
  const answers = [["127.0.0.1"], ["10.0.0.1"]];
  const resolve = resolver({});
  const changing: Resolve = (host, options, done) => {
    resolve(host, options, () => undefined);
    done(
      null,
      (answers.shift() ?? []).map((address) => ({ address, family: 4 })),
    );
  };
  const allowed = ["127.0.0.1"];
  const got = await getGuarded(`http://rebinding.test:${port}/`, { allowed, resolve: changing });
  expect(got.status).toBe(200);
  expect(resolve.asked).toEqual(["rebinding.test"]);
});

test("the agent of Node's own client refuses what stands in the address itself", () => {
  const agent = guardedAgent("http:", []);
  expect(() => agent.createConnection({ host: "127.0.0.1", port })).toThrow("not a public address");
});
