import { z } from "zod";
import { keptText } from "./text.ts";

export const databaseKinds = ["postgres", "mysql"] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

export const defaultPorts: Record<DatabaseKind, number> = { postgres: 5432, mysql: 3306 };

/**
 * As libpq's sslmode. prefer: encrypted where the server can; require: encrypted, whoever answers;
 * verify-ca: its certificate is signed by the authority; verify-full: and names its host.
 */
export const tlsModes = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
export type TlsMode = (typeof tlsModes)[number];

const pem = keptText().trim().max(100_000).nullable().default(null);

/** A database that tables are imported from or exported to. */
export const databaseInputSchema = z.object({
  name: keptText().trim().min(1).max(100),
  kind: z.enum(databaseKinds),
  host: keptText()
    .trim()
    .min(1, "a host name or address")
    .refine(
      (host) => !/[\s@?#]|:\/\//.test(host),
      "write the host's name or address alone; a URL goes into the field of the URL",
    ),
  port: z.int().min(1).max(65_535),
  database: keptText().min(1),
  username: keptText().min(1),
  /** Absent on update: keep the stored one. */
  password: keptText().optional(),
  tlsMode: z.enum(tlsModes).default("prefer"),
  /** PEM of the authority that signed the server's certificate; null: one that the system knows. */
  tlsCa: pem,
  /** PEM of the certificate that Maestro shows; null is none. */
  tlsCertificate: pem,
  /** PEM of its key. Absent on update: keep the stored one. */
  tlsKey: keptText().trim().max(100_000).optional(),
  mayImport: z.boolean().default(true),
  mayExport: z.boolean().default(false),
  /** The dataset that new imports are proposed in. */
  importDataset: keptText()
    .regex(/^[A-Za-z0-9_]{1,1024}$/, "letters, digits and underscores only")
    .nullable()
    .default(null),
  /** Bytes a second read from it or written to it, by all its transfers together; null: no limit. */
  bytesPerSecond: z.int().min(1_000, "1000 bytes a second at least").nullable().default(null),
  /** Transfers at once; null: no limit but the rooms'. */
  concurrentTransfers: z.int().min(1).max(1_000).nullable().default(null),
});
export type DatabaseInput = z.infer<typeof databaseInputSchema>;
/** The same before defaults are filled in. */
export type DatabaseInputBefore = z.input<typeof databaseInputSchema>;

/** A database as shown; its password and its key never are. */
export interface DatabaseView extends Omit<DatabaseInput, "password" | "tlsKey"> {
  id: number;
}

/** One thing that a connection test looks at, in this order; the first that fails is the last. */
export const databaseCheckNames = [
  "address",
  "encryption",
  "sign-in",
  "database",
  "read",
  "write",
] as const;
export type DatabaseCheckName = (typeof databaseCheckNames)[number];

export interface DatabaseCheck {
  name: DatabaseCheckName;
  /** `warning`: it works, but hardly as meant. */
  state: "ok" | "warning" | "failed";
  /** A sentence; of a failure with what to do. */
  text: string;
}

/** What a connection test found. `ok`: nothing failed. */
export type DatabaseTest = { checks: DatabaseCheck[] } & (
  | {
      ok: true;
      /** Such as `PostgreSQL 18.4`. */
      version: string;
      /** Such as `TLSv1.3`; null for a plain connection. */
      encryption: string | null;
    }
  | { ok: false; message: string }
);

/** A table of a source database, with its columns, for the import browser. */
export interface SourceTable {
  schema: string;
  name: string;
  approximateRows: number | null;
  columns: { name: string; type: string }[];
  /** Its primary key, where that is one column of whole numbers: what an increment can go by. */
  idColumn: string | null;
}

/** Which tables of a source to list. */
export interface BrowseFilter {
  /** Part of `schema.table`, whatever its case; empty for all. */
  search: string;
  limit: number;
  /** How many to leave out: those that the pages before had. */
  offset: number;
}

/** A page of a source's tables, by schema and name. */
export interface SourceTables {
  tables: SourceTable[];
  /** Whether more match than are listed. */
  hasMore: boolean;
}
