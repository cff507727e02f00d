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
  /** Names the secret among others, in a byte. */
  readonly keyId: number;
  /**
   * AES-256-GCM: the byte that names the key, 12-byte nonce, 16-byte tag, text. `row` is bound as
   * additional data.
   */
  seal(plain: string, row: string): Buffer;
  /** Throws `configuration` where the secret is another one or the bytes belong to another row. */
  open(sealed: Buffer, row: string): string;
  /** An HMAC-SHA256 key for one purpose, so that no purpose can forge another's signatures. */
  derive(purpose: string): Buffer;
  /** From now on each of them throws `configuration`: the secret is not the installation's any more. */
  retire(): void;
}

/** In boxes of before keys had a name. */
const anyKey = 1;

export function createSecretBox(secret: string): SecretBox {
  const master = scryptSync(secret, "maestro credentials v1", 32, {
    N: 2 ** 15,
    r: 8,
    p: 1,
    maxmem: 64 * 2 ** 20,
  });
  const key = createHmac("sha256", master).update("seal").digest();
  const named = createHmac("sha256", master).update("key id").digest()[0] ?? 0;
  const keyId = anyKey + 1 + (named % (255 - anyKey));
  let isRetired = false;
  const requireCurrent = () => {
    if (isRetired) throw retired();
  };
  return {
    keyId,
    seal(plain, row) {
      requireCurrent();
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(row));
      const text = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.from([keyId]), nonce, cipher.getAuthTag(), text]);
    },
    open(sealed, row) {
      requireCurrent();
      if (sealed[0] !== keyId && sealed[0] !== anyKey) throw wrongSecret(row);
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(1, 13)).setAAD(
          Buffer.from(row),
        );
        decipher.setAuthTag(sealed.subarray(13, 29));
        return Buffer.concat([decipher.update(sealed.subarray(29)), decipher.final()]).toString(
          "utf8",
        );
      } catch (cause) {
        throw wrongSecret(row, cause);
      }
    },
    derive(purpose) {
      requireCurrent();
      return createHmac("sha256", master).update(`derive:${purpose}`).digest();
    },
    retire() {
      isRetired = true;
    },
  };
}

function retired(): MaestroError {
  return new MaestroError(
    "configuration",
    "the secret was rotated while this Maestro ran: start it again with the new one",
  );
}

function wrongSecret(row: string, cause?: unknown): MaestroError {
  return new MaestroError(
    "configuration",
    `the secret given does not open ${row}: start with the secret it was stored under`,
    { cause },
  );
}

export function sha256(text: string | Buffer): Buffer {
  return createHash("sha256").update(text).digest();
}

/** 256 random bits, URL-safe. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}
