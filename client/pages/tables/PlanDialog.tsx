import { A } from "@solidjs/router";
import { For, type JSX, Show } from "solid-js";
import type { TablePlan } from "../../../shared/table.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { formatBytes, formatPrice } from "../../format.ts";

interface Props {
  plan: TablePlan;
  onClose: () => void;
  onSave: () => void;
}

/** What a save would change, before it is done. */
export function PlanDialog(props: Props) {
  const breaks = () => props.plan.broken.length > 0;
  return (
    <Dialog
      title={breaks() ? "Save what breaks other tables?" : "What saving changes"}
      open
      onClose={props.onClose}
      wide
    >
      <Changes plan={props.plan} />
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => props.onClose()}>
          Keep editing
        </button>
        <button
          type="button"
          class="button"
          classList={{ danger: breaks(), primary: !breaks() }}
          disabled={props.plan.cycle !== null}
          onClick={() => {
            props.onClose();
            props.onSave();
          }}
        >
          {breaks() ? "Save anyway" : "Save"}
        </button>
      </div>
    </Dialog>
  );
}

function Changes(props: { plan: TablePlan }) {
  return (
    <dl class="plan">
      <Show when={props.plan.cycle}>
        {(cycle) => (
          <Part title="Cycle" isBad>
            {cycle().join(" → ")}
          </Part>
        )}
      </Show>
      <Show when={props.plan.broken.length > 0}>
        <Part title="Breaks" isBad>
          <ul class="stack tight">
            <For each={props.plan.broken}>
              {(table) => (
                <li>
                  <A href={`/tables/${table.id}`} target="_blank">
                    {table.name}
                  </A>
                  <div class="small muted">{table.message}</div>
                </li>
              )}
            </For>
          </ul>
        </Part>
      </Show>
      <Names title="Could not be checked" names={props.plan.unchecked} />
      <Names title="Columns that vanish" names={props.plan.columnsRemoved} />
      <Show when={props.plan.columnsChanged.length > 0}>
        <Part title="Columns of another type">
          <For each={props.plan.columnsChanged}>
            {(column) => (
              <div>
                {column.name}: {column.from} → {column.to}
              </div>
            )}
          </For>
        </Part>
      </Show>
      <Names title="New columns" names={props.plan.columnsAdded} />
      <Names title="Reads besides" names={props.plan.newParents} />
      <Names title="Reads no more" names={props.plan.droppedParents} />
      <Part title="Bytes a run">
        {bytesText(props.plan.bytesBefore, props.plan.priceBefore)} →{" "}
        {bytesText(props.plan.bytes, props.plan.price)}
      </Part>
      <Names title="Beware" names={props.plan.warnings} />
    </dl>
  );
}

function Names(props: { title: string; names: string[] }) {
  return (
    <Show when={props.names.length > 0}>
      <Part title={props.title}>{props.names.join(", ")}</Part>
    </Show>
  );
}

function Part(props: { title: string; isBad?: boolean; children: JSX.Element }) {
  return (
    <div>
      <dt classList={{ bad: props.isBad === true }}>{props.title}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function bytesText(bytes: number | null, price: number | null): string {
  if (bytes === null) return "not known";
  return price === null ? formatBytes(bytes) : `${formatBytes(bytes)}, ${formatPrice(price)}`;
}
