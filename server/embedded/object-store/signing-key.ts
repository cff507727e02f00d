import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  sign,
} from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeDurably } from "./durable-files.ts";

export interface SigningKey {
  clientEmail: string;
  publicKey: KeyObject;
  /** RSA-SHA256 of the bytes, in base64. */
  sign(bytes: Buffer): string;
}

/**
 * The key of signed URLs, made at the first start and kept in `signing-key.json`, readable by the
 * data directory's owner alone. Clients have it sign for them, as IAM's signBlob does: the key
 * itself never leaves this process.
 */
export async function openSigningKey(dataDir: string): Promise<SigningKey> {
  const path = join(dataDir, "signing-key.json");
  const text = await readFile(path, "utf8").catch(() => null);
  const key = text === null ? await makeKey(path) : (JSON.parse(text) as KeyFile);
  const privateKey = createPrivateKey(key.private_key);
  return {
    clientEmail: key.client_email,
    publicKey: createPublicKey(privateKey),
    sign: (bytes) => sign("RSA-SHA256", bytes, privateKey).toString("base64"),
  };
}

interface KeyFile {
  client_email: string;
  private_key: string;
}

async function makeKey(path: string): Promise<KeyFile> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  const key: KeyFile = {
    client_email: "local-cloud@maestro.local",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
  await writeDurably(path, JSON.stringify({ type: "service_account", ...key }));
  return key;
}
