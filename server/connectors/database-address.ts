import type { ConnectionOptions as TlsOptions } from "node:tls";
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
  const { mode, ca, certificate, key } = tls;
  return {
    rejectUnauthorized: mode === "verify-ca" || mode === "verify-full",
    servername: host,
    // verify-ca asks who signed, not for whom.
    ...(mode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
    ...(ca === null ? {} : { ca }),
    ...(certificate === null ? {} : { cert: certificate }),
    ...(key === null ? {} : { key }),
  };
}
