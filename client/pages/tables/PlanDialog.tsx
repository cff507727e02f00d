import { A } from "@solidjs/router";
import { For, type JSX, Show } from "solid-js";
import { asksFirst, type PlannedEffect, type TablePlan } from "../../../shared/table-plan.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { formatBytes, formatPrice } from "../../format.ts";
import type { Action } from "../../state/create-action.ts";
import type { ShownPlan } from "../../state/create-plan.ts";

interface Props {
  shown: ShownPlan;
  /** Makes the plan anew, where it is of a definition that has changed since; else null. */
  again: Action<[]> | null;
  /** What the button does; "Save" where it is not said. */
  action?: string;
  onClose: () => void;
  onSave: () => void;
}

/** What a save would change, before it is done. */
export function PlanDialog(props: Props) {
  const plan = () => props.shown.plan;
  const asks = () => {
    const made = plan();
    return made === null || asksFirst(made);
  };
  const action = () => props.action ?? "Save";
  return (
    <Dialog title={titleOf(plan(), action())} open onClose={props.onClose} wide>
      <Show when={plan()} fallback={<NoPlan fault={props.shown.fault ?? ""} />}>
        {(made) => <Changes plan={made()} />}
      </Show>
      <Show when={props.again}>
        {(again) => (
          <div class="notice warn" role="alert">
            <div>This is the plan of what stood here before: it has changed since.</div>
            <button
              type="button"
              class="button small"
              disabled={again().isRunning()}
              onClick={() => void again().run()}
            >
              Plan again
            </button>
          </div>
        )}
      </Show>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => props.onClose()}>
          Keep editing
        </button>
        <button
          type="button"
          class="button"
          classList={{ danger: asks(), primary: !asks() }}
          disabled={(plan()?.cycle ?? null) !== null || props.again !== null}
          onClick={() => {
            props.onClose();
            props.onSave();
          }}
        >
          {asks() ? `${action()} anyway` : action()}
        </button>
      </div>
    </Dialog>
  );
}

function titleOf(plan: TablePlan | null, action: string): string {
  if (plan === null) return `${action} without a plan?`;
  if (plan.cycle) return "This save would make a cycle";
  if (plan.broken.length > 0) return `${action} what breaks other tables?`;
  if (plan.refusal !== null) return `${action} what cannot run?`;
  if (plan.unchecked.length > 0) return `${action} what could not be checked?`;
  return plan.outside.length > 0
    ? `${action} what others will notice?`
    : `What ${action === "Save" ? "saving" : "it"} changes`;
}

function NoPlan(props: { fault: string }) {
  return (
    <div class="notice bad" role="alert">
      <div>
        <strong>{props.fault}</strong>
        <p>So nobody knows which columns change, and which other tables that breaks.</p>
      </div>
    </div>
  );
}

function Changes(props: { plan: TablePlan }) {
  return (
    <dl class="plan">
      <Show when={props.plan.cycle}>
        {(cycle) => (
          <Part title="Cycle" isBad>
            <p>{cycle().join(" → ")}</p>
            <p class="small muted">
              Change the SQL of one of them, or ignore one of these parents under Settings: its last
              version is then read.
            </p>
          </Part>
        )}
      </Show>
      <Show when={props.plan.refusal}>
        {(refusal) => (
          <Part title="Its runs fail" isBad>
            {refusal()}
          </Part>
        )}
      </Show>
      <Effects title="Breaks" isBad effects={props.plan.broken} />
      <Effects title="Not checked" effects={props.plan.unchecked} />
      <Sentences title="Outside Maestro" texts={props.plan.outside} />
      <Names title="Columns that vanish" names={props.plan.columnsRemoved} />
      <Show when={props.plan.columnsChanged.length > 0}>
        <Part title="Columns of another type">
          <For each={props.plan.columnsChanged}>
            {(column) => (
              <div>
                <code>{column.name}</code>: {column.from} → {column.to}
              </div>
            )}
          </For>
        </Part>
      </Show>
      <Names title="New columns" names={props.plan.columnsAdded} />
      <Names title="Reads besides" names={props.plan.newParents} />
      <Names title="Reads no more" names={props.plan.droppedParents} />
      <Names title="Is read besides by" names={props.plan.newReaders} />
      <Part title="Bytes a run">
        <Show
          when={props.plan.bytes === null || props.plan.bytes !== props.plan.bytesBefore}
          fallback={`${bytesText(props.plan.bytes, props.plan.price)}, as before`}
        >
          {bytesText(props.plan.bytesBefore, props.plan.priceBefore)} →{" "}
          {bytesText(props.plan.bytes, props.plan.price)}
        </Show>
      </Part>
      <Sentences title="Beware" texts={props.plan.warnings} />
    </dl>
  );
}

/** Other tables, with what happens to each. */
function Effects(props: { title: string; isBad?: boolean; effects: PlannedEffect[] }) {
  return (
    <Show when={props.effects.length > 0}>
      <Part title={props.title} isBad={props.isBad === true}>
        <ul class="stack tight">
          <For each={props.effects}>
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
  );
}

function Sentences(props: { title: string; texts: string[] }) {
  return (
    <Show when={props.texts.length > 0}>
      <Part title={props.title}>
        <ul class="stack tight">
          <For each={props.texts}>{(text) => <li>{text}</li>}</For>
        </ul>
      </Part>
    </Show>
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
