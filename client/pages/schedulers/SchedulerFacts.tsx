import type { SchedulerView } from "../../../shared/scheduler-view.ts";
import { Fact } from "../../components/Fact.tsx";

const colours: Record<SchedulerView["state"], string> = {
  creating: "pending",
  active: "active",
  terminating: "cancelled",
};

export function SchedulerPill(props: { state: SchedulerView["state"] }) {
  return <span class={`pill ${colours[props.state]}`}>{props.state}</span>;
}

/** How few and how many rooms it may have. */
export function boundsText({ specification: { autoscaling } }: SchedulerView): string {
  return autoscaling.max === 0
    ? `${autoscaling.min} or more`
    : `${autoscaling.min} to ${autoscaling.max}`;
}

/** What a scheduler is, under its name. */
export function SchedulerFacts(props: { scheduler: SchedulerView }) {
  const specification = () => props.scheduler.specification;
  const runs = () => specification().image ?? specification().cmd.join(" ");
  return (
    <dl class="facts">
      <Fact name="Runtime">{specification().runtime}</Fact>
      <Fact name="Runs">{runs()}</Fact>
      <Fact name="Version">{props.scheduler.version}</Fact>
      <Fact name="Rooms">{boundsText(props.scheduler)}</Fact>
      <Fact name="Wanted now">{props.scheduler.desired ?? specification().autoscaling.min}</Fact>
    </dl>
  );
}
