import type { TableKind } from "../../../shared/table.ts";

/** A table (or its run) as a graph shows it. */
export interface GraphItem {
  id: number;
  name: string;
  kind: TableKind;
  state: string;
  href: string;
  detail?: string | null;
}
