import { A } from "@solidjs/router";
import type { TableKind } from "../../shared/table.ts";
import { Kind } from "./Status.tsx";

/** A table's kind and name, which leads to it. */
export function TableName(props: { id: number; name: string; kind: TableKind }) {
  return (
    <span class="kind-name">
      <Kind kind={props.kind} iconOnly />
      <A href={`/tables/${props.id}`}>{props.name}</A>
    </span>
  );
}
