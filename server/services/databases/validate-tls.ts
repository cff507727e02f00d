import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { DatabaseInput } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Secrets } from "./settle-secrets.ts";

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Throws `invalidInput`, with the field and what to do, unless the TLS fields are PEM of what they
 * stand for and go together. No message repeats what was pasted: it may be a key in the wrong field.
 */
export function validateTls(input: DatabaseInput, secrets: Pick<Secrets, "tlsKey">): void {
  if (input.tlsCa !== null) readCertificates("tlsCa", input.tlsCa);
  validatePair(input, secrets);
  validateMode(input);
}

function validatePair(
  { tlsCertificate }: DatabaseInput,
  { tlsKey }: Pick<Secrets, "tlsKey">,
): void {
  const certificate =
    tlsCertificate === null ? null : readCertificates("tlsCertificate", tlsCertificate);
  const key = tlsKey === null ? null : readKey(tlsKey);
  if (!certificate && !key) return;
  if (!key) {
    throw refusal(
      "tlsKey",
      "a client certificate needs its key: paste it, or empty the certificate",
    );
  }
  if (!certificate) {
    throw refusal(
      "tlsCertificate",
      "a client key needs its certificate: paste it, or empty the key",
    );
  }
  if (!certificate.checkPrivateKey(key)) {
    throw refusal("tlsKey", "this key is not the one of the client certificate: paste its own");
  }
}

function validateMode({ tlsMode, tlsCa, tlsCertificate, kind, host }: DatabaseInput): void {
  if (tlsCa !== null && tlsMode !== "verify-ca" && tlsMode !== "verify-full") {
    throw refusal(
      "tlsMode",
      `the TLS mode ${tlsMode} verifies nobody, so the authority has no use: choose verify-full or verify-ca, or empty the authority`,
    );
  }
  if (tlsCertificate !== null && tlsMode === "disable") {
    throw refusal(
      "tlsMode",
      "a client certificate is shown over TLS alone: choose a mode with TLS, or empty the certificate",
    );
  }
  if (kind === "mysql" && tlsMode === "verify-full" && isIP(host) !== 0) {
    throw refusal(
      "host",
      `verify-full needs the host's name, as its certificate has it, not the address ${host}: write the name, or choose verify-ca`,
    );
  }
}

/** The first of them, of which at least one there has to be; each has to be readable. */
function readCertificates(field: "tlsCa" | "tlsCertificate", text: string): X509Certificate {
  const blocks = text.match(certificateBlock) ?? [];
  if (blocks.length === 0) {
    const what = /PRIVATE KEY-----/.test(text) ? "this is a key, no certificate" : "this is no PEM";
    throw refusal(
      field,
      `${what}: paste all from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----`,
    );
  }
  const certificates = blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      const which = blocks.length === 1 ? "the certificate" : `certificate ${index + 1}`;
      throw refusal(field, `${which} cannot be read: paste the whole PEM, unchanged`, cause);
    }
  });
  return certificates[0] as X509Certificate;
}

function readKey(text: string): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    const what = /BEGIN CERTIFICATE/.test(text)
      ? "this is a certificate, no key"
      : "this is no PEM";
    throw refusal("tlsKey", `${what}: paste all from -----BEGIN … PRIVATE KEY----- to its end`);
  }
  if (/ENCRYPTED/.test(text)) {
    throw refusal(
      "tlsKey",
      "this key is encrypted with a passphrase: paste it decrypted (openssl pkey -in client.key); it is stored sealed",
    );
  }
  try {
    return createPrivateKey(text);
  } catch (cause) {
    throw refusal("tlsKey", "the key cannot be read: paste the whole PEM, unchanged", cause);
  }
}

function refusal(field: keyof DatabaseInput, message: string, cause?: unknown): MaestroError {
  return new MaestroError("invalidInput", message, { field, cause });
}
