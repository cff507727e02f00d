import { isIP } from "node:net";
import { checkServerIdentity, type ConnectionOptions as TlsOptions } from "node:tls";
import type { DatabaseKind, TlsMode } from "../../shared/database.ts";

/** Where a database is and how to sign in there, secrets opened. */
export interface DatabaseAddress {
  kind: DatabaseKind;
  host: string;
  port: number;
  database: string;
  username: string;
  password: string;
  tls: TlsSettings;
}

/** All but the mode are PEM, and null where the system's authorities do, or no client certificate is shown. */
export interface TlsSettings {
  mode: TlsMode;
  ca: string | null;
  certificate: string | null;
  key: string | null;
}

export const preferTls: TlsSettings = { mode: "prefer", ca: null, certificate: null, key: null };

/** Node's options of an encrypted connection. */
export function tlsOptions({ host, tls }: Pick<DatabaseAddress, "host" | "tls">): TlsOptions {
  const { mode, ca, certificate: own, key } = tls;
  return {
    rejectUnauthorized: mode === "verify-ca" || mode === "verify-full",
    // A certificate may name an address, but the server is never asked for one by it (RFC 6066).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // verify-ca asks who signed, not for whom.
    checkServerIdentity: (_name, certificate) =>
      mode === "verify-full" ? checkServerIdentity(host, certificate) : undefined,
    ...(ca === null ? {} : { ca }),
    ...(own === null ? {} : { cert: own }),
    ...(key === null ? {} : { key }),
  };
}
