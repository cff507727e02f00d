import { z } from "zod";
import { keptText } from "./text.ts";

export const databaseKinds = ["postgres", "mysql"] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

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
  host: keptText().trim().min(1, "a host name or address"),
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

/** A table of a source database, with its columns, for the import browser. */
export interface SourceTable {
  schema: string;
  name: string;
  approximateRows: number | null;
  columns: { name: string; type: string }[];
}
