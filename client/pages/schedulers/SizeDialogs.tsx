import type { SchedulerView } from "../../../shared/scheduler-view.ts";
import { formatPlural } from "../../format.ts";
import { api } from "../../trpc.ts";
import { tellUpdate } from "./change-text.ts";
import { FieldDialog } from "./FieldDialog.tsx";

interface Props {
  scheduler: SchedulerView;
  onClose: () => void;
  onSaved: () => void;
}

/** How many rooms there shall be now. */
export function ScaleDialog(props: Props) {
  const { name, specification, desired } = props.scheduler;
  const { min, max } = specification.autoscaling;
  const before = desired ?? min;
  return (
    <FieldDialog
      title={`Scale ${name}`}
      label="Rooms"
      type="number"
      value={String(before)}
      tell={(text) => {
        const wanted = wholeNumber(text);
        if (wanted === null) return { fault: "Rooms is a whole number." };
        if (wanted < min) return { fault: `It may have ${min} or more: lower its min first.` };
        if (max > 0 && wanted > max) {
          return { fault: `It may have ${max} at most: raise max in its specification first.` };
        }
        return { effect: tellScale(before, wanted) };
      }}
      action="Scale"
      save={async (text) => {
        await api.schedulers.scale.mutate({ name, to: { replicas: Number(text) } });
        props.onSaved();
      }}
      onClose={props.onClose}
    />
  );
}

/** How many rooms stay at least. */
export function MinDialog(props: Props) {
  const { name, specification } = props.scheduler;
  const { min, max } = specification.autoscaling;
  return (
    <FieldDialog
      title={`Least rooms of ${name}`}
      label="Min"
      type="number"
      value={String(min)}
      tell={(text) => {
        const wanted = wholeNumber(text);
        if (wanted === null) return { fault: "Min is a whole number." };
        if (max > 0 && wanted > max) {
          return { fault: `It may have ${max} at most: raise max in its specification first.` };
        }
        if (wanted === min) return { effect: "Nothing is changed." };
        return { effect: "A minor change, of autoscaling: nothing restarts." };
      }}
      action="Save"
      save={async (text) => {
        await api.schedulers.setMin.mutate({ name, min: Number(text) });
        props.onSaved();
      }}
      onClose={props.onClose}
    />
  );
}

/** What its rooms run. */
export function ImageDialog(props: Props) {
  const { name, specification } = props.scheduler;
  return (
    <FieldDialog
      title={`Image of ${name}`}
      label="Image"
      type="text"
      value={specification.image ?? ""}
      tell={(image) =>
        image === ""
          ? { fault: "An image is named, such as acme/scorer:1.5." }
          : { effect: tellUpdate(props.scheduler, { ...specification, image }) }
      }
      action="Save"
      save={async (image) => {
        await api.schedulers.setImage.mutate({ name, image });
        props.onSaved();
      }}
      onClose={props.onClose}
    />
  );
}

function tellScale(before: number, wanted: number): string {
  const rest = "Autoscaling goes on from there.";
  if (wanted === before) return `There are to be ${wanted} already.`;
  if (wanted > before) return `${formatPlural(wanted - before, "room")} start. ${rest}`;
  return `${formatPlural(before - wanted, "room")} end, free ones alone, the youngest first. ${rest}`;
}

function wholeNumber(text: string): number | null {
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
}
