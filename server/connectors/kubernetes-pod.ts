import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { type ProcessState, portVariables, type RoomStart } from "./room-runtime.ts";

/** Labels of the pods that are rooms; `instance` is the installation's, so that two may share a namespace. */
export const labels = {
  manager: "app.kubernetes.io/managed-by",
  instance: "app.kubernetes.io/instance",
  scheduler: "maestro/scheduler",
  version: "maestro/version",
};

export const containerName = "room";

/** The pod of one room, which is called as the room is. */
export function podOf(room: RoomStart, place: { namespace: string; owner: string }): V1Pod {
  const { specification, id } = room;
  const { requests, limits, affinity, toleration } = specification;
  const ports = specification.ports.map(({ name, containerPort }) => ({
    name,
    port: containerPort,
  }));
  const environment = { ...room.environment, ...portVariables(ports) };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: id,
      namespace: place.namespace,
      labels: {
        [labels.manager]: "maestro",
        [labels.instance]: place.owner,
        [labels.scheduler]: room.scheduler,
        [labels.version]: String(room.version),
      },
    },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: specification.shutdownTimeout,
      // A room speaks to Maestro, and not to the cluster.
      automountServiceAccountToken: false,
      // As the Pod Security Standard `restricted` demands, which a namespace may enforce.
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: containerName,
          image: specification.image ?? "",
          ...(specification.cmd.length > 0 && { command: specification.cmd }),
          env: Object.entries(environment).map(([name, value]) => ({ name, value })),
          ports: specification.ports,
          resources: { requests: { ...requests }, limits: { ...limits } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
      ...(affinity !== null && { affinity: nodesLabelled(affinity) }),
      ...(toleration !== null && {
        tolerations: [{ key: toleration, operator: "Equal", value: "true", effect: "NoSchedule" }],
      }),
    },
  };
}

function nodesLabelled(key: string) {
  const term = { matchExpressions: [{ key, operator: "In", values: ["true"] }] };
  return {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  };
}

/** What a pod's status means for its room. */
export function stateOfPod({ status }: V1Pod): ProcessState {
  const container = status?.containerStatuses?.[0];
  if (status?.phase === "Succeeded" || status?.phase === "Failed") {
    const ended = container?.state?.terminated;
    // An evicted pod's container says nothing.
    const signal = ended?.signal ? `signal ${ended.signal}` : null;
    const code = ended?.exitCode ?? (status.phase === "Succeeded" ? 0 : null);
    if (ended?.reason === "OOMKilled") return { state: "exited", code, signal: "OOMKilled" };
    if (!ended && status.reason) return { state: "exited", code, signal: status.reason };
    return { state: "exited", code, signal };
  }
  if (status?.phase === "Running") return { state: "running" };
  return { state: "pending", reason: waitsFor(status, container) };
}

/** Such as `ImagePullBackOff: Back-off pulling image …`; null while nothing is wrong. */
function waitsFor(
  status: V1Pod["status"],
  container: V1ContainerStatus | undefined,
): string | null {
  const waiting = container?.state?.waiting;
  const isFault =
    waiting?.reason && !["ContainerCreating", "PodInitializing"].includes(waiting.reason);
  const unscheduled = status?.conditions?.find(
    ({ type, status: holds }) => type === "PodScheduled" && holds === "False",
  );
  const [reason, message] = isFault
    ? [waiting.reason, waiting.message]
    : [unscheduled?.reason, unscheduled?.message];
  return reason ? [reason, message].filter(Boolean).join(": ") : null;
}
