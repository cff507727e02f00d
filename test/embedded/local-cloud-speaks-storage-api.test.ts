import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { CRC32C } from "@google-cloud/storage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { globPattern } from "../../server/embedded/object-store/match-glob.ts";
import { rejection, startTestCloud, type TestCloud } from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const bucket = () => cloud.storage.bucket("bucket");
const put = (name: string, content: string) =>
  bucket().file(name).save(content, { resumable: false });

/** What the tests look at in a resource, a list or an error. */
interface Resource {
  generation: string;
  metageneration: string;
  metadata?: Record<string, string>;
  cacheControl?: string;
  labels?: Record<string, string>;
  items?: { name: string }[];
  error: { message: string };
}

/** A call of the JSON API: its status and JSON. */
async function call(method: string, path: string, body?: unknown) {
  const answer = await fetch(`${cloud.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: JSON.parse(text || "null") as Resource };
}

test("chunks, questions, wrong offsets and a cancel of a resumable upload", async () => {
  const begin = async () => {
    const answer = await fetch(
      `${cloud.url}/upload/storage/v1/b/bucket/o?uploadType=resumable&name=chunked`,
      { method: "POST", body: '{"metadata": {"a": "b"}}' },
    );
    return answer.headers.get("location") ?? "";
  };
  const send = (url: string, range: string, body = "") =>
    fetch(url, { method: "PUT", headers: { "content-range": range }, body });
  const session = await begin();
  const first = await send(session, "bytes 0-3/*", "abcd");
  expect([first.status, first.headers.get("range")]).toEqual([308, "bytes=0-3"]);
  const asked = await send(session, "bytes */*");
  expect([asked.status, asked.headers.get("range")]).toEqual([308, "bytes=0-3"]);
  const gap = await send(session, "bytes 9-11/12", "xyz");
  expect([gap.status, gap.headers.get("range")]).toEqual([308, "bytes=0-3"]);
  const overlap = await send(session, "bytes 2-7/8", "cdefgh");
  expect(overlap.status).toBe(200);
  expect(await overlap.json()).toMatchObject({ size: "8", metadata: { a: "b" } });
  expect((await send(session, "bytes */8")).status).toBe(200);
  expect((await bucket().file("chunked").download())[0].toString()).toBe("abcdefgh");

  const other = await begin();
  expect((await fetch(other, { method: "DELETE" })).status).toBe(499);
  expect((await send(other, "bytes 0-3/4", "abcd")).status).toBe(404);
});

test("a signed POST begins a resumable upload", async () => {
  const [url] = await bucket()
    .file("from a/page ö.txt")
    .getSignedUrl({
      version: "v4",
      action: "resumable",
      expires: Date.now() + 60_000,
      contentType: "text/plain",
    });
  const headers = { "x-goog-resumable": "start", "content-type": "text/plain" };
  const begun = await fetch(url, { method: "POST", headers });
  expect(begun.status).toBe(201);
  const session = begun.headers.get("location") ?? "";
  const done = await fetch(session, { method: "PUT", body: "hello" });
  expect(done.status).toBe(200);
  const [metadata] = await bucket().file("from a/page ö.txt").getMetadata();
  expect(metadata).toMatchObject({ size: "5", contentType: "text/plain" });
  const unsigned = await fetch(`${cloud.url}/bucket/x`, { method: "POST", headers });
  expect(unsigned.status).toBe(403);
});

test.each([
  ["bytes=2-4", 206, "cde", "bytes 2-4/10"],
  ["bytes=7-", 206, "hij", "bytes 7-9/10"],
  ["bytes=-3", 206, "hij", "bytes 7-9/10"],
  ["bytes=5-99", 206, "fghij", "bytes 5-9/10"],
  ["bytes=10-", 416, "", "bytes */10"],
  ["lines=1-2", 200, "abcdefghij", null],
])("the range %s is answered with %i", async (range, status, text, contentRange) => {
  await put("letters", "abcdefghij");
  const answer = await fetch(`${cloud.url}/storage/v1/b/bucket/o/letters?alt=media`, {
    headers: { range },
  });
  expect([answer.status, await answer.text(), answer.headers.get("content-range")]).toEqual([
    status,
    text,
    contentRange,
  ]);
});

test("preconditions on reads, changes, copies, deletes and compositions", async () => {
  await put("source", "old");
  const path = "/storage/v1/b/bucket/o/source";
  const { generation } = (await call("GET", path)).json;
  const refused = [
    ["GET", `${path}?ifGenerationMatch=1`],
    ["GET", `${path}?alt=media&ifMetagenerationMatch=9`],
    ["PATCH", `${path}?ifMetagenerationMatch=9`],
    ["DELETE", `${path}?ifGenerationMatch=1`],
    ["POST", `${path}/rewriteTo/b/bucket/o/copy?ifSourceGenerationMatch=1`],
    ["POST", `${path}/copyTo/b/bucket/o/source?ifGenerationMatch=0`],
  ];
  for (const [method = "", url = ""] of refused) {
    expect((await call(method, url, method === "GET" ? undefined : {})).status, url).toBe(412);
  }
  expect((await call("GET", `${path}?ifGenerationNotMatch=${generation}`)).status).toBe(304);
  expect((await call("GET", `${path}?ifMetagenerationNotMatch=1`)).status).toBe(304);
  expect((await call("GET", `${path}?generation=1`)).status).toBe(404);
  expect((await call("GET", `${path}?generation=${generation}`)).status).toBe(200);
  const composed = await call("POST", "/storage/v1/b/bucket/o/composed/compose", {
    sourceObjects: [{ name: "source", objectPreconditions: { ifGenerationMatch: "1" } }],
  });
  expect(composed.status).toBe(412);
});

test("sums that are sent along are held against the content", async () => {
  const boundary = "b";
  const upload = (metadata: Record<string, string>) =>
    fetch(`${cloud.url}/upload/storage/v1/b/bucket/o?uploadType=multipart`, {
      method: "POST",
      headers: { "content-type": `multipart/related; boundary=${boundary}` },
      body: `--b\r\ncontent-type: application/json\r\n\r\n${JSON.stringify({ name: "summed", ...metadata })}\r\n--b\r\ncontent-type: text/plain\r\n\r\nhello\r\n--b--`,
    });
  const md5Hash = createHash("md5").update("hello").digest("base64");
  const crc = new CRC32C();
  crc.update(Buffer.from("hello"));
  expect((await upload({ md5Hash, crc32c: crc.toString() })).status).toBe(200);
  const wrong = await upload({ crc32c: "AAAAAA==" });
  expect(wrong.status).toBe(400);
  expect(await wrong.text()).toContain(`Provided CRC32C \\"AAAAAA==\\" doesn't match`);
  expect((await upload({ md5Hash: "AAAA" })).status).toBe(400);
});

test("what was stored packed is unpacked for who does not take it packed", async () => {
  const content = "text ".repeat(1000);
  await bucket()
    .file("packed")
    .save(gzipSync(content), { resumable: false, metadata: { contentEncoding: "gzip" } });
  const url = `${cloud.url}/storage/v1/b/bucket/o/packed?alt=media`;
  const plain = await fetch(url, { headers: { "accept-encoding": "identity" } });
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(plain.headers.get("x-goog-stored-content-encoding")).toBe("gzip");
  expect(await plain.text()).toBe(content);
  const packed = await fetch(url, { headers: { "accept-encoding": "gzip" } });
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  expect(await packed.text()).toBe(content);
});

test("lists by offsets, glob and fields", async () => {
  for (const name of ["g/a.csv", "g/b.csv", "g/b.json", "g/deep/c.csv", "g/😀.csv"]) {
    await put(name, name);
  }
  const names = async (query: Record<string, string>) => {
    const search = new URLSearchParams({ prefix: "g/", ...query });
    const { json } = await call("GET", `/storage/v1/b/bucket/o?${search}`);
    return (json.items ?? []).map((item) => item.name);
  };
  expect(await names({ startOffset: "g/b", endOffset: "g/deep" })).toEqual(["g/b.csv", "g/b.json"]);
  expect(await names({ matchGlob: "g/*.csv" })).toEqual(["g/a.csv", "g/b.csv", "g/😀.csv"]);
  expect(await names({ matchGlob: "g/**.csv" })).toHaveLength(4);
  expect(await names({ matchGlob: "g/{a,b}.{csv,json}" })).toEqual([
    "g/a.csv",
    "g/b.csv",
    "g/b.json",
  ]);
  const part = await call("GET", "/storage/v1/b/bucket/o?prefix=g/a&fields=items(name,size)");
  expect(part.json).toEqual({ items: [{ name: "g/a.csv", size: "7" }] });
  const versions = await call("GET", "/storage/v1/b/bucket/o?versions=true");
  expect([versions.status, versions.json.error.message]).toEqual([
    501,
    expect.stringContaining("versions"),
  ]);
});

test.each([
  ["a?c", "abc", "a/c"],
  ["[a-c].csv", "b.csv", "d.csv"],
  ["[!a].csv", "b.csv", "a.csv"],
  ["a\\*b", "a*b", "axb"],
  ["x+(y).z", "x+(y).z", "xxyz"],
])("the glob %s matches %s and not %s", (glob, match, other) => {
  expect([globPattern(glob).test(match), globPattern(glob).test(other)]).toEqual([true, false]);
});

test("metadata is patched key by key, and replaced by an update", async () => {
  await put("described", "x");
  const path = "/storage/v1/b/bucket/o/described";
  await call("PATCH", path, { metadata: { a: "1", b: "2" }, cacheControl: "no-store" });
  const patched = await call("PATCH", path, { metadata: { a: null, c: "3" }, cacheControl: null });
  expect(patched.json.metadata).toEqual({ b: "2", c: "3" });
  expect(patched.json.cacheControl).toBeUndefined();
  expect(patched.json.metageneration).toBe("3");
  const updated = await call("PUT", path, { contentType: "text/plain" });
  expect(updated.json.metadata).toBeUndefined();
});

test("buckets are made, labelled, listed, and refuse what would have to be done", async () => {
  await cloud.storage.createBucket("made-here", { storageClass: "STANDARD" });
  await cloud.storage.bucket("made-here").setLabels({ team: "a", old: "x" });
  await cloud.storage.bucket("made-here").setMetadata({ labels: { old: null } });
  const { json } = await call("GET", "/storage/v1/b/made-here");
  expect(json.labels).toEqual({ team: "a" });
  expect(Number(json.metageneration)).toBeGreaterThan(1);
  const [buckets] = await cloud.storage.getBuckets({ prefix: "made" });
  expect(buckets.map(({ name }) => name)).toEqual(["made-here"]);
  const versioned = await rejection(
    cloud.storage.bucket("made-here").setMetadata({ versioning: { enabled: true } }),
  );
  expect(versioned.message).toContain("versioning");
  await cloud.storage.bucket("made-here").delete();
  for (const name of ["../up", "UPPER", "a", "a..b", "x".repeat(300)]) {
    expect((await rejection(cloud.storage.createBucket(name))).code, name).toBe(400);
  }
});

test("a batch answers each of its calls", async () => {
  await put("b1", "1");
  const part = (id: number, text: string) =>
    `--x\r\ncontent-type: application/http\r\ncontent-id: <id+${id}>\r\n\r\n${text}\r\n`;
  const body = `${part(1, `DELETE ${cloud.url}/storage/v1/b/bucket/o/b1 HTTP/1.1\r\n\r\n`)}${part(2, "GET /storage/v1/b/bucket/o/b1 HTTP/1.1\r\n\r\n")}--x--`;
  const answer = await fetch(`${cloud.url}/batch/storage/v1`, {
    method: "POST",
    headers: { "content-type": 'multipart/mixed; boundary="x"' },
    body,
  });
  const text = await answer.text();
  expect(answer.headers.get("content-type")).toMatch(/^multipart\/mixed; boundary=/);
  expect(text).toMatch(/Content-ID: <response-id\+1>\r\n\r\nHTTP\/1.1 204/);
  expect(text).toMatch(/Content-ID: <response-id\+2>\r\n\r\nHTTP\/1.1 404/);
});
