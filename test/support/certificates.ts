import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PEM. */
export interface Certificate {
  certificate: string;
  key: string;
}

export interface Authority extends Certificate {
  /** `names` as in OpenSSL's subjectAltName; `days` may be negative: expired. */
  issue(subject: string, names: string, days?: number): Certificate;
}

const newKey = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" ");

/** A certificate authority of the test's own, made by the openssl program. */
export function createAuthority(name: string): Authority {
  return inDirectory((path, openssl) => {
    openssl([
      ...["req", "-x509", ...newKey, "-days", "2", "-subj", `/CN=${name}`],
      ...["-addext", "keyUsage=critical,keyCertSign"],
      ...["-keyout", path("key"), "-out", path("certificate")],
    ]);
    const own = read(path);
    return { ...own, issue: (subject, names, days = 2) => issue(own, { subject, names, days }) };
  });
}

function issue(
  authority: Certificate,
  { subject, names, days }: { subject: string; names: string; days: number },
): Certificate {
  return inDirectory((path, openssl) => {
    writeFileSync(path("ca"), authority.certificate);
    writeFileSync(path("ca-key"), authority.key);
    writeFileSync(path("extensions"), `subjectAltName=${names}`);
    openssl([
      ...["req", "-new", ...newKey, "-subj", `/CN=${subject}`],
      ...["-keyout", path("key"), "-out", path("request")],
    ]);
    openssl([
      ...["x509", "-req", "-in", path("request"), "-CA", path("ca"), "-CAkey", path("ca-key")],
      ...["-CAcreateserial", "-days", String(days), "-extfile", path("extensions")],
      ...["-out", path("certificate")],
    ]);
    return read(path);
  });
}

function read(path: (name: string) => string): Certificate {
  return {
    certificate: readFileSync(path("certificate"), "utf8").trim(),
    key: readFileSync(path("key"), "utf8").trim(),
  };
}

function inDirectory<T>(
  work: (path: (name: string) => string, openssl: (args: string[]) => void) => T,
): T {
  const directory = mkdtempSync(join(tmpdir(), "maestro-test-certificates-"));
  try {
    return work(
      (name) => join(directory, name),
      (args) => execFileSync("openssl", args, { stdio: "pipe" }),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
