import { createHash, verify } from "node:crypto";
import type { SigningKey } from "./signing-key.ts";
import { StorageError } from "./storage-error.ts";

const algorithm = "GOOG4-RSA-SHA256";
const maxExpiresSeconds = 7 * 86_400;
const clockSkewMs = 15 * 60_000;

export interface SignedRequest {
  method: string;
  /** Path and query as they came. */
  url: string;
  headers: Record<string, string | string[] | undefined>;
}

/**
 * Checks a V4 signed URL (cloud.google.com/storage/docs/authentication/signatures). Throws 403 as
 * soon as anything is missing, expired or not what was signed. Of a custom endpoint's host Google's
 * client for Node signs the name alone, that for Python the port too: either is right.
 */
export function verifySignedUrl(request: SignedRequest, key: SigningKey, now: Date): void {
  const at = request.url.indexOf("?");
  const query = new URLSearchParams(at < 0 ? "" : request.url.slice(at + 1));
  const given = (name: string) => query.get(`X-Goog-${name}`) ?? "";
  if (given("Signature") === "") {
    throw new StorageError(
      403,
      "AccessDenied",
      "Anonymous caller does not have storage.objects access to the object.",
    );
  }
  const [email, ...scope] = given("Credential").split("/");
  if (given("Algorithm") !== algorithm || email !== key.clientEmail) refuse();
  checkTime(given("Date"), Number(given("Expires")), now);

  const path = at < 0 ? request.url : request.url.slice(0, at);
  const { host } = request.headers;
  const hosts = [String(host).replace(/:\d+$/, ""), String(host)];
  const signature = Buffer.from(given("Signature"), "hex");
  const isSigned = hosts.some((each) => {
    const headers = { ...request.headers, host: host === undefined ? host : each };
    const canonical = [
      request.method,
      path,
      canonicalQuery(query),
      ...canonicalHeaders(headers, given("SignedHeaders")),
    ].join("\n");
    const text = [
      algorithm,
      given("Date"),
      scope.join("/"),
      createHash("sha256").update(canonical).digest("hex"),
    ].join("\n");
    return verify("RSA-SHA256", Buffer.from(text), key.publicKey, signature);
  });
  if (!isSigned) refuse();
}

function refuse(): never {
  throw new StorageError(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your Google secret key and signing method.",
  );
}

function checkTime(date: string, expiresSeconds: number, now: Date): void {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (!match || !(expiresSeconds > 0) || expiresSeconds > maxExpiresSeconds) refuse();
  const [, year, month, day, hour, minute, second] = match;
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (signedAt > now.getTime() + clockSkewMs) refuse();
  if (now.getTime() >= signedAt + expiresSeconds * 1000) {
    throw new StorageError(403, "ExpiredToken", "The provided token has expired.");
  }
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== "X-Goog-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

/** RFC 3986: more characters than encodeURIComponent. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The headers' block, the list of their names and the payload's hash. */
function canonicalHeaders(headers: SignedRequest["headers"], signedHeaders: string): string[] {
  const names = signedHeaders.split(";");
  if (!names.includes("host")) refuse();
  const lines = names.map((name) => {
    const value = headers[name];
    if (value === undefined) refuse();
    return `${name}:${String(value).trim().replace(/\s+/g, " ")}`;
  });
  const payload = String(headers["x-goog-content-sha256"] ?? "UNSIGNED-PAYLOAD");
  return [...lines, "", signedHeaders, payload];
}
