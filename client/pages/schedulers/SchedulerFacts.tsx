import type { SchedulerView } from "../../../shared/scheduler-view.ts";

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
      <Fact name="Runtime" value={specification().runtime} />
      <Fact name="Runs" value={runs()} />
      <Fact name="Version" value={props.scheduler.version} />
      <Fact name="Rooms" value={boundsText(props.scheduler)} />
      <Fact
        name="Wanted now"
        value={String(props.scheduler.desired ?? specification().autoscaling.min)}
      />
    </dl>
  );
}

function Fact(props: { name: string; value: string }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}
