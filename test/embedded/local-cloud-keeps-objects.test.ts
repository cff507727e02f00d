import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createObjectStore } from "../../server/connectors/gcs.ts";
import { ObjectFiles } from "../../server/embedded/object-store/object-files.ts";
import { rejection, startTestCloud, type TestCloud, until } from "./support/local-cloud.ts";

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const bucket = () => cloud.storage.bucket("bucket");
const store = () => createObjectStore({ storage: cloud.storage, bucket: "bucket" });

test("an upload of many chunks arrives whole, with its sums", async () => {
  const content = randomBytes(3 * 2 ** 20 + 17);
  const bytes = await store().upload("big/one", Readable.from([content]), {
    contentType: "application/x-test",
  });
  expect(bytes).toBe(content.length);
  const [metadata] = await bucket().file("big/one").getMetadata();
  expect(metadata).toMatchObject({
    contentType: "application/x-test",
    size: String(content.length),
    md5Hash: createHash("md5").update(content).digest("base64"),
  });
  // The client checks the crc32c of what it downloads.
  const [downloaded] = await bucket().file("big/one").download({ validation: "crc32c" });
  expect(downloaded.equals(content)).toBe(true);
  const file = bucket().file("big/chunked");
  await file.save(content, { resumable: true, chunkSize: 256 * 1024 });
  expect((await file.download())[0].equals(content)).toBe(true);
});

test("a download arrives whole, and without a warning of Node's", async () => {
  const content = randomBytes(2 ** 20);
  await store().upload("fetched", Readable.from([content]), { contentType: "text/plain" });
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-download-"));
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on("warning", warned);
  const path = join(directory, "fetched");
  expect(await store().download("fetched", path, {})).toBe(content.length);
  process.off("warning", warned);
  expect((await readFile(path)).equals(content)).toBe(true);
  await rm(directory, { recursive: true });
  expect(warnings).toEqual([]);
});

test("a resumable upload is visible only when complete, and goes on where it was", async () => {
  const [uri] = await bucket().file("partial").createResumableUpload();
  const put = (range: string, body: string) =>
    fetch(uri, { method: "PUT", headers: { "content-range": range }, body, redirect: "manual" });
  const first = await put("bytes 0-4/*", "hello");
  expect([first.status, first.headers.get("range")]).toEqual([308, "bytes=0-4"]);
  expect((await bucket().file("partial").exists())[0]).toBe(false);
  const state = await put("bytes */11", "");
  expect([state.status, state.headers.get("range")]).toEqual([308, "bytes=0-4"]);
  // A gap changes nothing; an overlap is no harm.
  expect((await put("bytes 8-10/11", "rld")).headers.get("range")).toBe("bytes=0-4");
  const last = await put("bytes 3-10/11", "lo world");
  expect(last.status).toBe(200);
  expect((await bucket().file("partial").download())[0].toString()).toBe("hello world");
  // The answer got lost: asking again gives it again.
  const again = (await (await put("bytes */11", "")).json()) as { name: string };
  expect(again.name).toBe("partial");
});

test("an upload that breaks off leaves the object as it was", async () => {
  await bucket().file("kept").save("old");
  const failing = Readable.from(
    (async function* () {
      yield Buffer.alloc(400_000);
      throw new Error("the source broke");
    })(),
  );
  await expect(
    store().upload("kept", failing, { contentType: "text/plain" }),
  ).rejects.toMatchObject({ code: "storage" });
  expect((await bucket().file("kept").download())[0].toString()).toBe("old");
});

test("names with slashes, dots and every script stay within the folder", async () => {
  const outside = join(cloud.dataDir, "..", "escaped");
  const names = [
    "../../../escaped",
    "a/../../b",
    "/absolute",
    "ünï/çødé/日本/😀.csv",
    "with space/and%2Fpercent?and#hash",
    "..\\windows",
    "trailing/",
    "x".repeat(1000),
  ];
  for (const name of names) await bucket().file(name).save(`content of ${name}`);
  const [files] = await bucket().getFiles();
  const found = new Set(files.map((file) => file.name));
  for (const name of names) {
    expect(found.has(name), name).toBe(true);
    expect((await bucket().file(name).download())[0].toString()).toBe(`content of ${name}`);
  }
  await expect(stat(outside)).rejects.toMatchObject({ code: "ENOENT" });
  const onDisk = await readdir(join(cloud.dataDir, "objects", "b_bucket"));
  expect(onDisk.every((entry) => /^([0-9a-f]{2}|bucket\.json)$/.test(entry))).toBe(true);
  for (const name of ["..%2F..%2Fsigning-key.json", "..%2f..%2f..%2fetc%2fpasswd"]) {
    const answer = await fetch(`${cloud.url}/storage/v1/b/bucket/o/${name}?alt=media`);
    expect(answer.status).toBe(404);
  }
  const badBucket = await fetch(`${cloud.url}/storage/v1/b/..%2F..%2F/o/x?alt=media`);
  expect(badBucket.status).toBe(404);
});

test("listing by prefix and delimiter, page by page", async () => {
  const names = ["l/a/1", "l/a/2", "l/b/1", "l/c", "l/d", "m"];
  for (const name of names) await bucket().file(name).save(name);
  expect((await store().list("l/")).map((object) => object.name)).toEqual(names.slice(0, 5));
  const pages: string[] = [];
  let pageToken: string | undefined;
  do {
    const query = new URLSearchParams({
      prefix: "l/",
      delimiter: "/",
      maxResults: "2",
      ...(pageToken ? { pageToken } : {}),
    });
    const answer = await fetch(`${cloud.url}/storage/v1/b/bucket/o?${query}`);
    const page = (await answer.json()) as {
      items?: { name: string }[];
      prefixes?: string[];
      nextPageToken?: string;
    };
    pages.push(...(page.prefixes ?? []), ...(page.items ?? []).map((item) => item.name));
    pageToken = page.nextPageToken;
  } while (pageToken);
  expect(pages).toEqual(["l/a/", "l/b/", "l/c", "l/d"]);
});

test("preconditions hold back writers that come too late", async () => {
  const file = bucket().file("once");
  await file.save("first", { preconditionOpts: { ifGenerationMatch: 0 } });
  const second = await rejection(
    file.save("second", { preconditionOpts: { ifGenerationMatch: 0 }, resumable: false }),
  );
  expect(second.code).toBe(412);
  const [{ generation }] = await file.getMetadata();
  await file.save("third", { preconditionOpts: { ifGenerationMatch: Number(generation) } });
  expect((await file.download())[0].toString()).toBe("third");
  expect((await file.getMetadata())[0].generation).not.toBe(generation);
});

test("ranges, copies, metadata, compose and deletes", async () => {
  const file = bucket().file("letters");
  await file.save("abcdefghij", { contentType: "text/plain" });
  expect((await file.download({ start: 2, end: 4 }))[0].toString()).toBe("cde");
  await file.copy(bucket().file("copied"));
  await file.setMetadata({ metadata: { color: "red" } });
  const [metadata] = await file.getMetadata();
  expect(metadata).toMatchObject({ metadata: { color: "red" }, metageneration: "2" });
  await bucket().combine(["letters", "copied"], "combined");
  expect((await bucket().file("combined").download())[0].toString()).toBe("abcdefghijabcdefghij");
  await store().remove(["letters", "copied", "absent"]);
  expect((await file.exists())[0]).toBe(false);
  expect(await rejection(file.delete())).toMatchObject({ code: 404 });
  expect(await rejection(cloud.storage.bucket("bucket").create())).toMatchObject({ code: 409 });
});

test("signed URLs read and write what they were made for, and nothing else", async () => {
  await bucket().file("signed/ö file.csv").save("a,b\n");
  const read = await store().signedReadUrl("signed/ö file.csv", 60);
  const answer = await fetch(read);
  expect([answer.status, await answer.text()]).toEqual([200, "a,b\n"]);
  const write = await store().signedWriteUrl("signed/up.csv", 60, "text/csv");
  const put = (url: string, type: string) =>
    fetch(url, { method: "PUT", headers: { "content-type": type }, body: "x" });
  expect((await put(write, "text/plain")).status).toBe(403);
  expect((await put(write, "text/csv")).status).toBe(200);
  expect((await bucket().file("signed/up.csv").download())[0].toString()).toBe("x");

  const tampered = {
    "another object": read.replace("signed/", "signee/"),
    "a longer life": read.replace("Expires=60", "Expires=604800"),
    "another date": read.replace(/X-Goog-Date=\d{8}/, "X-Goog-Date=20990101"),
    "another signature": read.replace(/Signature=../, "Signature=00"),
    "no signature": read.replace(/&X-Goog-Signature=.*/, ""),
    "another account": read.replace("local-cloud%40", "someone%40"),
    "one parameter more": `${read}&response-content-type=text/html`,
    "another key's algorithm": read.replace("GOOG4-RSA-SHA256", "GOOG4-HMAC-SHA256"),
  };
  for (const [what, url] of Object.entries(tampered)) {
    const refused = await fetch(url);
    expect([what, refused.status]).toEqual([what, 403]);
    expect(await refused.text()).toMatch(/^<\?xml.*<Error><Code>\w+<\/Code>/);
  }
  expect((await fetch(read, { method: "PUT", body: "x" })).status).toBe(403);
  expect((await fetch(write)).status).toBe(403);
  const short = await store().signedReadUrl("signed/up.csv", 1);
  await until(async () => (await fetch(short)).status === 403);
  expect(await (await fetch(short)).text()).toContain("ExpiredToken");
});

test("a browser's page may use a signed URL, and nothing else", async () => {
  const url = await store().signedWriteUrl("page.csv", 60, "text/csv");
  const origin = { origin: "http://localhost:3000" };
  const preflight = await fetch(url, {
    method: "OPTIONS",
    headers: { ...origin, "access-control-request-method": "PUT" },
  });
  expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
  const put = await fetch(url, {
    method: "PUT",
    headers: { ...origin, "content-type": "text/csv" },
    body: "x",
  });
  expect([put.status, put.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
  for (const path of ["/owner", "/bigquery/v2/projects/p/queries", "/signing-account/sign"]) {
    const answer = await fetch(`${cloud.url}${path}`, { method: "POST", headers: origin });
    expect(answer.status).toBe(403);
  }
});

test("the signing key is the owner's alone, and is never told", async () => {
  const { mode } = await stat(join(cloud.dataDir, "signing-key.json"));
  expect(mode & 0o077).toBe(0);
  const answer = await (await fetch(`${cloud.url}/signing-account`)).text();
  expect(answer).not.toContain("PRIVATE KEY");
});

test("what a crash leaves half-written is gone at the next opening", async () => {
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-objects-"));
  try {
    const files = await ObjectFiles.open(directory);
    await files.createBucket({
      name: "crash",
      projectId: "p",
      location: "US",
      createdAt: "",
      properties: {},
    });
    const draft = files.draftPath();
    await writeFile(draft, "whole");
    const object = await files.put({ bucket: "crash", name: "a", properties: {} }, draft);
    const folder = join(directory, "b_crash", object.file.slice(0, 2));
    await writeFile(join(folder, `${object.file}9`), "no document names it");
    await writeFile(files.draftPath(), "half");
    const again = await ObjectFiles.open(directory);
    expect(await readFile(again.pathOf(again.require("crash", "a")), "utf8")).toBe("whole");
    expect(await readdir(folder)).toHaveLength(2);
    expect(await readdir(join(directory, "drafts"))).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
