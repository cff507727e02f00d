import { useNavigate } from "@solidjs/router";
import { createSignal, Match, Show, Switch } from "solid-js";
import type { SchedulerView } from "../../../shared/scheduler-view.ts";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { createAction } from "../../state/create-action.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";
import { tellDeletion } from "./change-text.ts";
import { ImageDialog, MinDialog, ScaleDialog } from "./SizeDialogs.tsx";
import { SpecificationDialog } from "./SpecificationDialog.tsx";

type Asked = "scale" | "min" | "image" | "change" | "delete";

/** What an admin does with a scheduler. One that is being deleted can be deleted again alone, which goes on. */
export function SchedulerActions(props: { scheduler: SchedulerView; onChanged: () => void }) {
  const navigate = useNavigate();
  const [asked, ask] = createSignal<Asked | null>(null);
  const remove = createAction("Delete the scheduler", async () => {
    const { name } = props.scheduler;
    await api.schedulers.remove.mutate({ name });
    showToast(`${name} is being deleted`, "it goes when its rooms have ended");
    props.onChanged();
    navigate("/schedulers");
  });
  const close = () => ask(null);
  const saved = () => {
    close();
    props.onChanged();
  };
  const isEnding = () => props.scheduler.state === "terminating";
  const hasImage = () =>
    props.scheduler.specification.runtime === "kubernetes" ||
    props.scheduler.specification.image !== null;
  return (
    <>
      <Show when={!isEnding()}>
        <ActionButton label="Scale" onClick={() => ask("scale")} />
        <ActionButton label="Min" onClick={() => ask("min")} />
        <Show when={hasImage()}>
          <ActionButton label="Image" onClick={() => ask("image")} />
        </Show>
        <ActionButton label="Change" onClick={() => ask("change")} />
      </Show>
      <button
        type="button"
        class="button danger"
        disabled={remove.isRunning()}
        onClick={() => ask("delete")}
      >
        {isEnding() ? "Delete again" : "Delete"}
      </button>
      <Switch>
        <Match when={asked() === "scale"}>
          <ScaleDialog scheduler={props.scheduler} onClose={close} onSaved={saved} />
        </Match>
        <Match when={asked() === "min"}>
          <MinDialog scheduler={props.scheduler} onClose={close} onSaved={saved} />
        </Match>
        <Match when={asked() === "image"}>
          <ImageDialog scheduler={props.scheduler} onClose={close} onSaved={saved} />
        </Match>
        <Match when={asked() === "change"}>
          <SpecificationDialog scheduler={props.scheduler} onClose={close} onSaved={saved} />
        </Match>
      </Switch>
      <ConfirmDialog
        title={`Delete ${props.scheduler.name}?`}
        text={tellDeletion(props.scheduler)}
        action="Delete the scheduler"
        open={asked() === "delete"}
        onClose={close}
        onConfirm={() => void remove.run()}
      />
    </>
  );
}

function ActionButton(props: { label: string; onClick: () => void }) {
  return (
    <button type="button" class="button" onClick={() => props.onClick()}>
      {props.label}
    </button>
  );
}
