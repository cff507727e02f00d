import { DropdownMenu } from "@kobalte/core/dropdown-menu";
import { useNavigate } from "@solidjs/router";
import { createSignal, Show } from "solid-js";
import type { TableDetail } from "../../../shared/table.ts";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { Icon } from "../../components/Icon.tsx";
import { createAction } from "../../state/create-action.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";

/** Run (alone, or with what is above or below it), and what else can be done to a table. */
export function TableActions(props: { table: TableDetail }) {
  const navigate = useNavigate();
  const [isRemoving, setRemoving] = createSignal(false);
  const run = createAction("Run", async (more: { above?: boolean; below?: boolean }) => {
    const { runId, behind } = await api.tables.run.mutate({
      id: props.table.id,
      withAncestors: more.above === true,
      withDescendants: more.below === true,
    });
    if (more.above === true || more.below === true) navigate(`/runs/${runId}`);
    else if (behind.length === 0) showToast(`${props.table.name} is running`, `Run ${runId}`);
    else
      showToast(
        `Run ${runId} is started`,
        `It waits for run ${behind.join(", ")}, which has it too.`,
      );
  });
  const follow = ({ runId }: { runId: number }) => navigate(`/runs/${runId}`);
  const id = () => ({ id: props.table.id });
  const reimport = createAction("Reimport", async () =>
    follow(await api.tables.reimport.mutate(id())),
  );
  const exportNow = createAction("Export now", async () =>
    follow(await api.tables.export.mutate(id())),
  );
  const sheetNow = createAction("Write the sheet now", async () =>
    follow(await api.tables.sheet.mutate(id())),
  );
  const remove = createAction("Delete the table", async () => {
    await api.tables.remove.mutate({ id: props.table.id });
    showToast(`${props.table.name} is deleted`, "Its data stays in the warehouse.");
    navigate("/tables");
  });
  const runLabel = () => (props.table.kind === "import" ? "Import now" : "Run");
  const isBusy = () => run.isRunning() || !props.table.canWrite;
  return (
    <>
      <div class="button-group">
        <button
          type="button"
          class="button primary"
          disabled={isBusy()}
          title={props.table.canWrite ? "Run this table alone" : "Only its group may run it"}
          onClick={() => void run.run({})}
        >
          <Icon name="run" />
          {runLabel()}
        </button>
        <DropdownMenu placement="bottom-end">
          <DropdownMenu.Trigger
            class="button primary icon"
            aria-label="More ways to run"
            disabled={isBusy()}
          >
            <Icon name="down" />
          </DropdownMenu.Trigger>
          <DropdownMenu.Portal>
            <DropdownMenu.Content class="menu">
              <Item label={runLabel()} hint="this table alone" onSelect={() => void run.run({})} />
              <Item
                label="Run with ancestors"
                hint="all that it is made from, first"
                onSelect={() => void run.run({ above: true })}
              />
              <Item
                label="Run with descendants"
                hint="and all that is made from it"
                onSelect={() => void run.run({ below: true })}
              />
              <Item
                label="Run with both"
                hint="its whole line"
                onSelect={() => void run.run({ above: true, below: true })}
              />
              <Show when={props.table.kind === "import"}>
                <Item
                  label="Reimport"
                  hint="forget the last id and replace every row"
                  onSelect={() => void reimport.run()}
                />
              </Show>
              <Show when={props.table.definition.exportDatabaseId !== null}>
                <Item
                  label="Export now"
                  hint="to its database, as it is in the warehouse"
                  onSelect={() => void exportNow.run()}
                />
              </Show>
              <Show when={props.table.definition.sheet}>
                <Item
                  label="Sheet now"
                  hint="to its spreadsheet, as it is in the warehouse"
                  onSelect={() => void sheetNow.run()}
                />
              </Show>
              <Item
                label="Delete"
                hint="from the catalog; its data stays"
                onSelect={() => setRemoving(true)}
              />
            </DropdownMenu.Content>
          </DropdownMenu.Portal>
        </DropdownMenu>
      </div>
      <ConfirmDialog
        title={`Delete ${props.table.name}?`}
        text="It leaves the catalog and its frequency. The table in the warehouse and its data stay."
        action="Delete"
        open={isRemoving()}
        onClose={() => setRemoving(false)}
        onConfirm={() => void remove.run()}
      />
    </>
  );
}

function Item(props: { label: string; hint: string; onSelect: () => void }) {
  return (
    <DropdownMenu.Item class="menu-item" onSelect={() => props.onSelect()}>
      <span>{props.label}</span>
      <span class="small muted">{props.hint}</span>
    </DropdownMenu.Item>
  );
}
