import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { signBody } from "../../server/support/sign-body.ts";
import { keptAttempts } from "../../shared/notification.ts";

const document = readFileSync(join(import.meta.dirname, "../../docs/notifications.md"), "utf8");
const example = (language: string) =>
  new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(document)?.[1] ?? "";

const secret = "a secret";
const body = '{"name":"ünï"}';
const fresh = signBody(secret, body, new Date());
const old = signBody(secret, body, new Date(Date.now() - 3_600_000));
const forged = fresh.replace(/.$/, (last) => (last === "0" ? "1" : "0"));

test("the example in JavaScript takes what is signed, and nothing else", async () => {
  const url = `data:text/javascript,${encodeURIComponent(example("js"))}`;
  const { isFromMaestro } = (await import(/* @vite-ignore */ url)) as {
    isFromMaestro(secret: string, signature: string, body: string): boolean;
  };
  expect(isFromMaestro(secret, fresh, body)).toBe(true);
  expect(isFromMaestro(secret, forged, body)).toBe(false);
  expect(isFromMaestro(secret, fresh, `${body} `)).toBe(false);
  expect(isFromMaestro(secret, old, body)).toBe(false);
});

test("so does the example in Python", async () => {
  const asked = [fresh, forged, old].map((one) => JSON.stringify([secret, one, body]));
  const check = `
import sys, json
for line in sys.argv[1:]:
    secret, signature, body = json.loads(line)
    print(is_from_maestro(secret, signature, body.encode()), is_from_maestro(secret, signature, b"{}"))`;
  const { stdout } = await promisify(execFile)("python3", [
    "-c",
    `${example("python")}${check}`,
    ...asked,
  ]);
  expect(stdout.trim().split("\n")).toEqual(["True False", "False False", "False False"]);
});

test("as many attempts are kept as it says", () => {
  expect(document).toContain(`The last ${keptAttempts} attempts of each`);
});
