import type { DatabaseAddress } from "./database-address.ts";

/** The reason of errors that the encryption of a connection is to blame for. */
export const tlsReason = "TLS";

/**
 * What is wrong with a connection's encryption, and what to do, by what OpenSSL, Node or a driver said
 * of it; null where it was something else. The texts tell, since one of the drivers puts a code of its
 * own over Node's.
 */
export function describeTlsFault(text: string, address: DatabaseAddress): string | null {
  const at = `${address.host}:${address.port}`;
  const own = address.tls.ca === null ? "the system's authorities" : "the authority given";
  for (const [pattern, describe] of faults) {
    const found = pattern.exec(text);
    if (found) return describe({ at, own, found, address });
  }
  return null;
}

interface Fault {
  at: string;
  own: string;
  found: RegExpExecArray;
  address: DatabaseAddress;
}

const faults: [RegExp, (fault: Fault) => string][] = [
  [
    /does not support (SSL|secure connection)/i,
    ({ at }) =>
      `${at} offers no encryption: turn TLS on in the server, or choose the TLS mode "disable"`,
  ],
  [
    /does not match certificate's altnames: (.*)/i,
    ({ at, found, address }) =>
      `the certificate of ${at} is for another host (${shortenNames(found[1] ?? "")}): use a name that it has in place of ${address.host}, or the TLS mode verify-ca`,
  ],
  [
    /certificate has expired/i,
    ({ at }) => `the certificate of ${at} has expired: renew it on the server`,
  ],
  [
    /certificate is not yet valid/i,
    ({ at }) => `the certificate of ${at} is not valid yet: check the server's clock and ours`,
  ],
  [
    /self[- ]signed certificate|unable to (verify the first|get local issuer|get issuer) certificate|unsuitable certificate purpose|invalid CA certificate/i,
    ({ at, own }) =>
      `the certificate of ${at} is not signed by ${own}: paste the PEM of the authority that signed it`,
  ],
  [
    /alert certificate required|certificate required/i,
    ({ at }) => `${at} asks for a client certificate: paste one, with its key`,
  ],
  [
    /alert (unknown ca|bad certificate|certificate unknown|certificate expired|certificate revoked|unsupported certificate)/i,
    ({ at, found }) => `${at} refuses our client certificate: ${found[1]}`,
  ],
  [
    /wrong version number|unsupported protocol|no protocols available|handshake failure|ssl routines|protocol version/i,
    ({ at, found }) =>
      `no encrypted connection to ${at} (${found[0]}): check that it speaks TLS 1.2 or newer`,
  ],
];

/** `DNS:a.example, DNS:b.example`, or from Node the whole sentence about them. */
function shortenNames(text: string): string {
  const names = [...text.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name]) => name);
  return names.length === 0 ? "it names none" : `it names ${names.slice(0, 5).join(", ")}`;
}
