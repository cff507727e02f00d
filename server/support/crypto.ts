import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  scryptSync,
} from "node:crypto";
import { MaestroError } from "../../shared/errors.ts";

/** Encrypts what is stored; made once a process from the shared secret. */
export interface SecretBox {
  /** AES-256-GCM: version byte, 12-byte nonce, 16-byte tag, text. `row` is bound as additional data. */
  seal(plain: string, row: string): Buffer;
  /** Throws `configuration` where the secret is another one or the bytes belong to another row. */
  open(sealed: Buffer, row: string): string;
  /** An HMAC-SHA256 key for one purpose, so that no purpose can forge another's signatures. */
  derive(purpose: string): Buffer;
}

const boxVersion = 1;

export function createSecretBox(secret: string): SecretBox {
  const master = scryptSync(secret, "maestro credentials v1", 32, {
    N: 2 ** 15,
    r: 8,
    p: 1,
    maxmem: 64 * 2 ** 20,
  });
  const key = createHmac("sha256", master).update("seal").digest();
  return {
    seal(plain, row) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(row));
      const text = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.from([boxVersion]), nonce, cipher.getAuthTag(), text]);
    },
    open(sealed, row) {
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(1, 13)).setAAD(
          Buffer.from(row),
        );
        decipher.setAuthTag(sealed.subarray(13, 29));
        return Buffer.concat([decipher.update(sealed.subarray(29)), decipher.final()]).toString(
          "utf8",
        );
      } catch (cause) {
        throw new MaestroError(
          "configuration",
          `the secret given does not open ${row}: start with the secret it was stored under`,
          { cause },
        );
      }
    },
    derive(purpose) {
      return createHmac("sha256", master).update(`derive:${purpose}`).digest();
    },
  };
}

export function sha256(text: string | Buffer): Buffer {
  return createHash("sha256").update(text).digest();
}

/** 256 random bits, URL-safe. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}
