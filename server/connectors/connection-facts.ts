/** What a connection that works tells of its server and of what its user may do there. */
export interface ConnectionFacts {
  /** Such as `PostgreSQL 18.4` or `MariaDB 10.11.4`. */
  version: string;
  /** Such as `TLSv1.3`; null for a plain connection. */
  encryption: string | null;
  /** Tables and views that are there, as far as the user sees them, and those that it may read. */
  tables: number;
  readable: number;
  /** The right that exports want and the user has not, with how to give it; null where none is. */
  missingToWrite: string | null;
}
