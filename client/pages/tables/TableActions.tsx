import { DropdownMenu } from "@kobalte/core/dropdown-menu";
import { useNavigate } from "@solidjs/router";
import { createSignal } from "solid-js";
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
  const reimport = createAction("Import all again", async () => {
    const { runId } = await api.tables.reimport.mutate({ id: props.table.id });
    navigate(`/runs/${runId}`);
  });
  const remove = createAction("Delete the table", async () => {
    await api.tables.remove.mutate({ id: props.table.id });
    showToast(`${props.table.name} is deleted`, "Its data stays in the warehouse.");
    navigate("/tables");
  });
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
          Run
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
              <Item label="Run" hint="this table alone" onSelect={() => void run.run({})} />
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
              {props.table.kind === "import" && (
                <Item
                  label="Import all again"
                  hint="forget the last id and replace every row"
                  onSelect={() => void reimport.run()}
                />
              )}
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
