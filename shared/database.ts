import { z } from "zod";
import { keptText } from "./text.ts";

/** A source that tables are imported from. */
export const databaseInputSchema = z.object({
  name: keptText().trim().min(1).max(100),
  kind: z.enum(["postgres"]),
  host: keptText().trim().min(1, "a host name or address"),
  port: z.int().min(1).max(65_535),
  database: keptText().min(1),
  username: keptText().min(1),
  /** Absent on update: keep the stored one. */
  password: keptText().optional(),
  mayImport: z.boolean().default(true),
});
export type DatabaseInput = z.infer<typeof databaseInputSchema>;

/** A database as shown; its password never is. */
export interface DatabaseView extends Omit<DatabaseInput, "password"> {
  id: number;
}

/** A table of a source database, with its columns, for the import browser. */
export interface SourceTable {
  schema: string;
  name: string;
  approximateRows: number | null;
  columns: { name: string; type: string }[];
}
