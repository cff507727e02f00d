import { isNull, sql } from "drizzle-orm";
import { tables } from "../../../drizzle/schema/tables.ts";
import { selectEdges } from "../../db/catalog-edges.ts";
import type { Db } from "../../db/client.ts";
import { locks } from "../../db/locks.ts";

export interface CatalogGraph {
  ids: number[];
  /** Parent and child; ignored parents are no edges, wildcards are resolved. */
  edges: [parent: number, child: number][];
}

/** The graph of all tables that are not deleted. */
export async function loadCatalogGraph(db: Db): Promise<CatalogGraph> {
  const rows = await db.select({ id: tables.id }).from(tables).where(isNull(tables.deletedAt));
  return { ids: rows.map(({ id }) => id), edges: await selectEdges(db) };
}

/**
 * Lets one transaction at a time change what the edges are made of (names and references), until
 * it ends: each then checks for cycles against a graph that nobody changes beside it.
 */
export async function lockCatalogGraph(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${locks.catalogGraph})`);
}

/**
 * Keeps names and references as they are until the transaction ends, for what reads them in more than
 * one statement. Any number do so at a time; saves wait for them, and they for a save under way.
 */
export async function holdCatalogGraph(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${locks.catalogGraph})`);
}
