import type { TableKind, TableStatus } from "./table.ts";

/** The whole catalog as a graph: ignored parents are no edges, wildcards are resolved. */
export interface LineageGraph {
  nodes: {
    id: number;
    name: string;
    kind: TableKind;
    status: TableStatus;
    frequencyId: number | null;
  }[];
  edges: [parentId: number, childId: number][];
}
