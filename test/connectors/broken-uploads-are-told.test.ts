import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createObjectStore } from "../../server/connectors/gcs.ts";
import { clientsOf, startTestCloud, type TestCloud } from "../embedded/support/local-cloud.ts";
import { type HttpProxy, type ProxiedRequest, startHttpProxy } from "../support/http-proxy.ts";

/* A bucket whose network fails once at each place of an upload. */

let cloud: TestCloud;
let proxy: HttpProxy;
beforeAll(async () => {
  cloud = await startTestCloud();
  proxy = await startHttpProxy(cloud.url);
});
afterAll(async () => {
  await proxy.close();
  await cloud.stop();
});
beforeEach(() => {
  proxy.onRequest = () => undefined;
});

const size = 300_000;
const half = 100_000;

async function open() {
  const { storage } = await clientsOf(proxy.url);
  const store = createObjectStore({ storage, bucket: "bucket", stallMs: 1_000 });
  const upload = (name: string) =>
    store.upload(name, Readable.from([Buffer.alloc(size, "abc")]), { contentType: "text/plain" });
  return { store, upload };
}

const places = [
  { at: "before its first byte", phase: "before" },
  { at: "in its middle", phase: "body" },
  { at: "before its answer", phase: "after" },
] as const;
const isPlace = ({ method, phase, bytes }: ProxiedRequest, place: ProxiedRequest["phase"]) =>
  method === "PUT" && phase === place && (phase !== "body" || bytes >= half);

test.each(places)(
  "an upload that is cut $at may be tried again, and then it is whole",
  async ({ phase }) => {
    const { store, upload } = await open();
    let isCut = false;
    proxy.onRequest = (request) => {
      if (isCut || !isPlace(request, phase)) return undefined;
      isCut = true;
      return "cut";
    };
    const name = `cut/${phase}`;
    await expect(upload(name)).rejects.toMatchObject({ code: "storage", retryable: true });
    expect(await upload(name)).toBe(size);
    expect(await store.list(name)).toEqual([{ name, bytes: size }]);
  },
);

test.each(places)("an upload that stands still $at is given up", async ({ phase }) => {
  const { upload } = await open();
  proxy.onRequest = (request) =>
    isPlace(request, phase) ? new Promise(() => undefined) : undefined;
  await expect(upload(`stalled/${phase}`)).rejects.toMatchObject({
    retryable: true,
    message: expect.stringMatching(/^could not upload stalled\/.*silent for 1 s$/),
  });
});

test.each([429, 503])("an upload that is answered %i may be tried again", async (status) => {
  const { upload } = await open();
  proxy.onRequest = (request) => (isPlace(request, "before") ? { status } : undefined);
  await expect(upload("refused")).rejects.toMatchObject({ code: "storage", retryable: true });
});
