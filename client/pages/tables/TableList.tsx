import { A } from "@solidjs/router";
import { createVirtualizer } from "@tanstack/solid-virtual";
import { createMemo, createSignal, For, type JSX } from "solid-js";
import type { TableListItem } from "../../../shared/table.ts";
import { Kind, StatusPill } from "../../components/Status.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { formatBytes, formatCount } from "../../format.ts";

type Column = "name" | "status" | "frequencyName" | "lastRunAt" | "rowCount" | "bytes";

const columns: { id: Column; label: string; isNumber?: boolean }[] = [
  { id: "name", label: "Name" },
  { id: "status", label: "Status" },
  { id: "frequencyName", label: "Frequency" },
  { id: "lastRunAt", label: "Last run" },
  { id: "rowCount", label: "Rows", isNumber: true },
  { id: "bytes", label: "Size", isNumber: true },
];

const rowHeight = 36;

/** A sorted list of which only the rows in sight are in the document. */
export function TableList(props: { tables: TableListItem[] }) {
  const [sort, setSort] = createSignal<{ by: Column; down: boolean }>({ by: "name", down: false });
  const sorted = createMemo(() => sortTables(props.tables, sort().by, sort().down));
  let scroller!: HTMLDivElement;
  const virtual = createVirtualizer({
    get count() {
      return sorted().length;
    },
    getScrollElement: () => scroller,
    estimateSize: () => rowHeight,
    overscan: 12,
  });

  return (
    <div class="card vlist">
      {/* biome-ignore lint/a11y/useSemanticElements: rows are placed absolutely, which a table element forbids */}
      <div
        class="vlist-scroll"
        role="table"
        aria-label="Tables"
        aria-rowcount={sorted().length + 1}
        ref={scroller}
        tabindex="0"
      >
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: a row is no control */}
        <div class="vlist-row vlist-head" role="row">
          <For each={columns}>
            {(column) => (
              // biome-ignore lint/a11y/useSemanticElements: as above
              // biome-ignore lint/a11y/useFocusableInteractive: its button is
              <div
                role="columnheader"
                classList={{ right: column.isNumber === true }}
                aria-sort={
                  sort().by === column.id ? (sort().down ? "descending" : "ascending") : "none"
                }
              >
                <button
                  type="button"
                  class="sort"
                  onClick={() =>
                    setSort({
                      by: column.id,
                      down: sort().by === column.id ? !sort().down : column.isNumber === true,
                    })
                  }
                >
                  {column.label}
                  <span aria-hidden="true">
                    {sort().by === column.id ? (sort().down ? " ↓" : " ↑") : ""}
                  </span>
                </button>
              </div>
            )}
          </For>
        </div>
        <div style={{ height: `${virtual.getTotalSize()}px`, position: "relative" }}>
          <For each={virtual.getVirtualItems()}>
            {(item) => <Row table={sorted()[item.index]} index={item.index} top={item.start} />}
          </For>
        </div>
      </div>
    </div>
  );
}

function Row(props: { table: TableListItem | undefined; index: number; top: number }) {
  const table = () => props.table;
  return (
    // biome-ignore lint/a11y/useSemanticElements: as in the list
    // biome-ignore lint/a11y/useFocusableInteractive: its link is
    <div
      class="vlist-row"
      role="row"
      aria-rowindex={props.index + 2}
      style={{ transform: `translateY(${props.top}px)` }}
    >
      <Cell>
        <Kind kind={table()?.kind ?? "summary"} iconOnly />
        <A class="truncate" href={`/tables/${table()?.id}`}>
          {table()?.name}
        </A>
      </Cell>
      <Cell>
        <StatusPill state={table()?.status ?? "never"} why={table()?.statusReason ?? null} />
      </Cell>
      <Cell>
        <span class="truncate muted">{table()?.frequencyName ?? "by hand"}</span>
      </Cell>
      <Cell>
        <RelativeTime at={table()?.lastRunAt ?? null} />
      </Cell>
      <Cell isNumber>{orDash(table()?.rowCount, formatCount)}</Cell>
      <Cell isNumber>{orDash(table()?.bytes, formatBytes)}</Cell>
    </div>
  );
}

function Cell(props: { isNumber?: boolean; children: JSX.Element }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: as in the list
    <div role="cell" classList={{ right: props.isNumber === true }}>
      {props.children}
    </div>
  );
}

function orDash(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? "–" : format(value);
}

/** Nulls last in both directions; equal values by name. */
function sortTables(tables: TableListItem[], by: Column, down: boolean): TableListItem[] {
  return [...tables].sort(
    (a, b) => compare(a[by], b[by], down ? -1 : 1) || (a.name < b.name ? -1 : 1),
  );
}

function compare(
  left: string | number | null,
  right: string | number | null,
  sign: number,
): number {
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  return left < right ? -sign : sign;
}
