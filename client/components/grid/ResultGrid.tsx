import { createVirtualizer } from "@tanstack/solid-virtual";
import { createEffect, createMemo, createSignal, createUniqueId, For, on, Show } from "solid-js";
import type { FieldSchema } from "../../../shared/table.ts";
import { formatPlural } from "../../format.ts";
import { showToast } from "../../state/create-toasts.ts";
import { Dialog } from "../Dialog.tsx";
import { createGridCursor } from "./create-grid-cursor.ts";
import { cellText, columnWidths, isNumber, toTabbed, typeOf } from "./grid-text.ts";

interface Props {
  label: string;
  schema: FieldSchema[];
  rows: unknown[][];
}

const rowPx = 30;
const indexPx = 60;
const headPx = 44;

/**
 * Rows of a result, of which only those in sight are in the document. Arrows move, Shift stretches,
 * ⌘C or Ctrl-C copies the block as a spreadsheet takes it, Enter or a double click opens a value.
 */
export function ResultGrid(props: Props) {
  const id = createUniqueId();
  let scroller!: HTMLDivElement;
  const [isOpen, setOpen] = createSignal(false);
  const widths = createMemo(() => columnWidths(props.schema, props.rows));
  const columns = () =>
    `${indexPx}px ${widths()
      .map((width) => `${width}px`)
      .join(" ")}`;
  const cursor = createGridCursor(() => ({
    rows: props.rows.length,
    columns: props.schema.length,
  }));
  const virtual = createVirtualizer({
    get count() {
      return props.rows.length;
    },
    getScrollElement: () => scroller,
    estimateSize: () => rowPx,
    overscan: 10,
    // The head lies over the first rows in sight.
    scrollPaddingEnd: headPx,
  });
  createEffect(on(cursor.head, ({ row }) => virtual.scrollToIndex(row), { defer: true }));

  async function copy(): Promise<void> {
    const { top, bottom, left, right } = cursor.block();
    const block = props.rows.slice(top, bottom + 1).map((row) => row.slice(left, right + 1));
    await navigator.clipboard.writeText(toTabbed(block));
    showToast(`${formatPlural(block.length * (right - left + 1), "value")} copied`);
  }
  function onKey(event: KeyboardEvent): void {
    const isCommand = event.metaKey || event.ctrlKey;
    if (isCommand && event.key === "c") void copy();
    else if (isCommand && event.key === "a") cursor.chooseAll();
    else if (event.key === "Enter") setOpen(true);
    else if (isCommand || !cursor.onKey(event)) return;
    event.preventDefault();
  }
  const chosen = () => props.rows[cursor.head().row]?.[cursor.head().column];

  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are placed absolutely, which a table element forbids
    <div
      class="rgrid"
      role="grid"
      aria-label={props.label}
      aria-rowcount={props.rows.length + 1}
      aria-colcount={props.schema.length}
      aria-activedescendant={`${id}-${cursor.head().row}-${cursor.head().column}`}
      tabIndex={0}
      ref={scroller}
      onKeyDown={onKey}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus */}
      <div class="rgrid-row rgrid-head" role="row" style={{ "grid-template-columns": columns() }}>
        <span class="index" aria-hidden="true" />
        <For each={props.schema}>
          {(field) => (
            // biome-ignore lint/a11y/useSemanticElements: as above
            // biome-ignore lint/a11y/useFocusableInteractive: as above
            <div role="columnheader" classList={{ right: isNumber(field) }} title={field.name}>
              {field.name}
              <small>{typeOf(field)}</small>
            </div>
          )}
        </For>
      </div>
      <div style={{ height: `${virtual.getTotalSize()}px`, position: "relative" }}>
        <For each={virtual.getVirtualItems()}>
          {(item) => (
            // biome-ignore lint/a11y/useSemanticElements: as above
            // biome-ignore lint/a11y/useFocusableInteractive: as above
            <div
              class="rgrid-row"
              role="row"
              aria-rowindex={item.index + 2}
              style={{
                transform: `translateY(${item.start}px)`,
                "grid-template-columns": columns(),
              }}
            >
              <span class="index" aria-hidden="true">
                {item.index + 1}
              </span>
              <For each={props.schema}>
                {(field, column) => (
                  <Cell
                    id={`${id}-${item.index}-${column()}`}
                    value={props.rows[item.index]?.[column()]}
                    isRight={isNumber(field)}
                    isChosen={cursor.isChosen({ row: item.index, column: column() })}
                    onChoose={(stretch) =>
                      cursor.moveTo({ row: item.index, column: column() }, stretch)
                    }
                    onOpen={() => setOpen(true)}
                  />
                )}
              </For>
            </div>
          )}
        </For>
      </div>
      <Dialog
        title={props.schema[cursor.head().column]?.name ?? "Value"}
        open={isOpen()}
        onClose={() => setOpen(false)}
        wide
      >
        <pre class="whole-value">{wholeText(chosen())}</pre>
      </Dialog>
    </div>
  );
}

interface CellProps {
  id: string;
  value: unknown;
  isRight: boolean;
  isChosen: boolean;
  onChoose: (stretch: boolean) => void;
  onOpen: () => void;
}

/** One value: NULL is told from the empty string. */
function Cell(props: CellProps) {
  const isNothing = () => props.value === null || props.value === undefined || props.value === "";
  return (
    // biome-ignore lint/a11y/useSemanticElements: as in the grid
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus
    <div
      id={props.id}
      role="gridcell"
      aria-selected={props.isChosen}
      classList={{ right: props.isRight, chosen: props.isChosen }}
      onClick={(event) => props.onChoose(event.shiftKey)}
      onDblClick={() => props.onOpen()}
    >
      <Show when={isNothing()} fallback={cellText(props.value)}>
        <span class="null">{props.value === "" ? "empty" : "NULL"}</span>
      </Show>
    </div>
  );
}

function wholeText(value: unknown): string {
  return typeof value === "object" && value !== null
    ? JSON.stringify(value, null, 2)
    : cellText(value);
}
