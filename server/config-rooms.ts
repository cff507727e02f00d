import { optional, textOr, whole } from "./config-variable.ts";

const day = 86_400;

/** Of schedulers, their rooms and what watches over them. */
export const roomVariables = {
  pingTimeoutSeconds: whole({
    variable: "PINGTIMEOUT",
    default: 30,
    min: 1,
    max: day,
    effect:
      "seconds after which a room without a ping is unresponsive, removed and replaced; they begin at its creation, so they bound the boot too",
  }),
  watcherLockKey: textOr("maestro-lock-key", {
    variable: "WATCHER_LOCKKEY",
    default: "maestro-lock-key",
    effect:
      "what the names of the locks begin with: `<key>:<scheduler>` of its watcher, and `<key>-<scheduler>-config`, `-downscaling` and `-termination` of what the watcher does",
  }),
  watcherLockWaitMs: whole({
    variable: "WATCHER_LOCKTIMEOUT",
    default: 180_000,
    min: 0,
    max: day * 1_000,
    effect:
      "milliseconds that a watcher waits for its lock before it gives up, says so, and tries again at the next sync",
  }),
  watcherLockTtlMs: whole({
    variable: "WATCHER_LOCKTIMEOUTMS",
    default: 180_000,
    min: 300,
    max: day * 1_000,
    effect: "milliseconds that a lock lives; it is renewed at a third of them while it is held",
  }),
  autoscalingPeriodSeconds: whole({
    variable: "WATCHER_AUTOSCALINGPERIOD",
    default: 10,
    min: 1,
    max: 3_600,
    effect: "seconds between two looks of a watcher, each with one autoscaling point and decision",
  }),
  workerSyncPeriodSeconds: whole({
    variable: "WORKER_SYNCPERIOD",
    default: 10,
    min: 1,
    max: 3_600,
    effect: "seconds between two looks of a worker for schedulers that need a watcher",
  }),
  scaleUpTimeoutSeconds: whole({
    variable: "SCALEUPTIMEOUTSECONDS",
    default: 300,
    min: 1,
    max: day,
    effect:
      "seconds in which new rooms must be ready; else the operation fails with what they last said, they are removed, and it is tried again after the cooldown",
  }),
  deleteTimeoutSeconds: whole({
    variable: "DELETETIMEOUTSECONDS",
    default: 150,
    min: 1,
    max: day,
    effect:
      "seconds in which a deleted scheduler's rooms must end; else the operation fails, the scheduler stays terminating, and deleting it again goes on",
  }),
  roomsUrl: optional({
    variable: "ROOMS_URL",
    default: "unset: the API that runs on the same data directory, or LISTEN",
    effect: "where rooms reach the API, as http://host:port",
  }),
  transferRooms: whole({
    variable: "TRANSFER_ROOMS",
    default: 0,
    min: 0,
    max: 1_000,
    effect:
      "the most rooms of the scheduler maestro-transfers, which this worker's machine then runs as transfers wait; 0: no such scheduler, and `start` has one room that stays",
  }),
  transferRoomsMin: whole({
    variable: "TRANSFER_ROOMS_MIN",
    default: 0,
    min: 0,
    max: 1_000,
    effect: "the rooms of maestro-transfers that stay while nothing is to be transferred",
  }),
  kubernetesConfig: optional({
    variable: "KUBERNETES_CONFIG",
    default: "unset: the service account of the pod that the worker runs in, where it runs in one",
    effect: "the kubeconfig file of the cluster where rooms of runtime kubernetes are pods",
  }),
  kubernetesNamespace: optional({
    variable: "KUBERNETES_NAMESPACE",
    default: "unset: that of the service account or of the kubeconfig's context",
    effect: "the namespace of those pods",
  }),
  kubernetesOwner: optional({
    variable: "KUBERNETES_OWNER",
    default: "unset: an id of this installation",
    effect:
      "what the label app.kubernetes.io/instance of those pods says; installations that share a namespace need different ones",
  }),
};
