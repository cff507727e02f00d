import { setTimeout as delay } from "node:timers/promises";
import type { CoreV1Api, Informer, V1Pod } from "@kubernetes/client-node";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { Log } from "../support/log.ts";
import { containerName, labels, podOf, stateOfPod } from "./kubernetes-pod.ts";
import type { RoomProcess, RoomRuntime } from "./room-runtime.ts";

/*
 * Rooms as pods of one namespace, each called as its room is. What is known of them comes from one list
 * and a watch, which goes on from the version of the last event after it was cut off, and begins with a
 * list again where the server has forgotten that version. Until the first list nothing is known, and no
 * room is taken for gone. Whichever worker watches sees the same pods: there is nothing to adopt.
 */

export interface KubernetesPlace {
  /** A kubeconfig; null: the service account of the pod that this runs in. */
  config: string | null;
  /** Null: that of the service account or of the kubeconfig's context. */
  namespace: string | null;
  owner: string;
}

const lastBytes = 600;
/** A pod without a row for so long was started by a worker that died before it noted it. */
const strayMs = 60_000;
/** Pods have no pid of this machine; the column says that there is something that runs. */
const pid = 1;

interface SeenPod {
  pod: V1Pod;
  sinceMs: number;
}

export async function createRoomPods(
  place: KubernetesPlace,
  log: Log,
  retryMs = 5_000,
): Promise<RoomRuntime & { close(): Promise<void> }> {
  const { api, namespace, server, informer } = await connect(place);
  const pods = new Map<string, SeenPod>();
  const listeners = new Set<() => void>();
  let isListed = false;

  const keep = (pod: V1Pod) => {
    const uid = pod.metadata?.uid ?? "";
    pods.set(uid, { pod, sinceMs: pods.get(uid)?.sinceMs ?? performance.now() });
  };
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const follow = followPods(informer, log, retryMs, {
    onPod: (pod) => {
      keep(pod);
      tell();
    },
    onGone: (pod) => {
      pods.delete(pod.metadata?.uid ?? "");
      tell();
    },
    onListed: () => {
      isListed = true;
      tell();
    },
  });
  const remove = (start: string, gracePeriodSeconds?: number) => {
    const name = pods.get(start)?.pod.metadata?.name;
    if (name === undefined) return;
    // Another pod may have been given the name since.
    const body = { preconditions: { uid: start } };
    const grace = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    api.deleteNamespacedPod({ name, namespace, ...grace, body: { ...grace, ...body } }).then(
      () => undefined,
      (error: unknown) => {
        if (codeOf(error) === 404 || codeOf(error) === 409) pods.delete(start);
        else log.warn({ err: error, room: name }, `room: its pod was not ended: ${faultOf(error)}`);
      },
    );
  };

  return {
    machine: `kubernetes ${server} ${namespace}`,
    size: null,
    async start(room) {
      const ports = room.specification.ports.map(({ name, containerPort }) => ({
        name,
        port: containerPort,
      }));
      const body = podOf(room, { namespace, owner: place.owner });
      const pod = await api.createNamespacedPod({ namespace, body }).catch(refuse);
      keep(pod);
      return { pid, start: pod.metadata?.uid ?? "", logPath: room.id, host: null, ports };
    },
    inspect({ start }) {
      const seen = pods.get(start);
      if (seen) return stateOfPod(seen.pod);
      return { state: isListed ? "missing" : "unknown" };
    },
    hostOf: ({ start }) => pods.get(start)?.pod.status?.podIP ?? null,
    // SIGTERM comes with the pod's own grace period, which is the shutdownTimeout.
    signal: ({ start }, signal) => remove(start, signal === "SIGKILL" ? 0 : undefined),
    forget: ({ start }) => remove(start),
    strays: (scheduler, ids, olderThanMs = strayMs) =>
      straysAmong(pods, (pod, sinceMs) => {
        const isOld = performance.now() - sinceMs > olderThanMs;
        const { name = "", labels: given } = pod.metadata ?? {};
        return isOld && given?.[labels.scheduler] === scheduler && !ids.has(name);
      }),
    schedulers: () => schedulersOf(pods),
    // It goes with its pod.
    removeLogs: () => Promise.resolve(),
    lastWords: (name) => readLastWords(api, { name, namespace }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: follow.close,
  };
}

async function connect({ config, namespace, owner }: KubernetesPlace): Promise<{
  api: CoreV1Api;
  namespace: string;
  server: string;
  informer: Informer<V1Pod>;
}> {
  // Half a second, for those alone who have a cluster.
  const {
    CoreV1Api: Api,
    KubeConfig: Config,
    makeInformer,
  } = await import("@kubernetes/client-node");
  const kubeConfig = new Config();
  try {
    if (config === null) kubeConfig.loadFromCluster();
    else kubeConfig.loadFromFile(config);
    kubeConfig.getCurrentCluster();
  } catch (cause) {
    throw notUsable(messageOf(cause), cause);
  }
  const server = kubeConfig.getCurrentCluster()?.server;
  if (server === undefined) throw notUsable("it names no cluster in its current context");
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  const within = namespace ?? context?.namespace ?? "default";
  const api = kubeConfig.makeApiClient(Api);
  const labelSelector = `${labels.manager}=maestro,${labels.instance}=${owner}`;
  const informer = makeInformer(
    kubeConfig,
    `/api/v1/namespaces/${encodeURIComponent(within)}/pods`,
    () => api.listNamespacedPod({ namespace: within, labelSelector }),
    labelSelector,
  );
  return { api, namespace: within, server, informer };
}

function notUsable(why: string, cause?: unknown): MaestroError {
  const message = `Kubernetes cannot be used: ${why}. Set MAESTRO_KUBERNETES_CONFIG to a kubeconfig, or run the worker in the cluster`;
  return new MaestroError("configuration", message, { cause });
}

interface Followed {
  onPod(pod: V1Pod): void;
  onGone(pod: V1Pod): void;
  onListed(): void;
}

/** Until `close`; begun again after a pause where the server is away or refuses. */
function followPods(
  informer: Informer<V1Pod>,
  log: Log,
  retryMs: number,
  { onPod, onGone, onListed }: Followed,
): { close(): Promise<void> } {
  const closing = new AbortController();
  let hasFailed = false;
  informer.on("add", onPod);
  informer.on("update", onPod);
  informer.on("delete", onGone);
  const again = (error: unknown) => {
    hasFailed = true;
    if (closing.signal.aborted) return;
    log.warn({ err: error }, `rooms: Kubernetes is not heard: ${faultOf(error)}; trying again`);
    void delay(retryMs, undefined, { signal: closing.signal, ref: false }).then(
      begin,
      () => undefined,
    );
  };
  informer.on("error", again);
  const begin = async () => {
    hasFailed = false;
    try {
      await informer.start();
    } catch (error) {
      // What it does not tell its listeners of, such as credentials that cannot be read.
      return again(error);
    }
    if (!hasFailed) onListed();
  };
  void begin();
  return {
    async close() {
      closing.abort();
      await informer.stop();
    },
  };
}

function schedulersOf(pods: Map<string, SeenPod>): string[] {
  const names = [...pods.values()].map(({ pod }) => pod.metadata?.labels?.[labels.scheduler] ?? "");
  return [...new Set(names)];
}

function straysAmong(
  pods: Map<string, SeenPod>,
  isStray: (pod: V1Pod, sinceMs: number) => boolean,
): RoomProcess[] {
  return [...pods].flatMap(([start, { pod, sinceMs }]) =>
    isStray(pod, sinceMs) ? [{ pid, start }] : [],
  );
}

async function readLastWords(
  api: CoreV1Api,
  { name, namespace }: { name: string; namespace: string },
): Promise<string> {
  // One that has not started yet has none, and says so as an error.
  const text = await api
    .readNamespacedPodLog({ name, namespace, container: containerName, tailLines: 20 })
    .catch(() => "");
  return text.slice(-lastBytes).replaceAll("\0", "").trim();
}

/** Such as `403 Forbidden: pods "scorer-1" is forbidden: exceeded quota`. */
function refuse(error: unknown): never {
  throw new MaestroError("conflict", `Kubernetes refused its pod: ${faultOf(error)}`, {
    cause: error,
  });
}

function codeOf(error: unknown): number | null {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  return typeof code === "number" ? code : typeof statusCode === "number" ? statusCode : null;
}

/** The server's own words, where it has answered. */
function faultOf(error: unknown): string {
  const code = codeOf(error);
  if (code === null) return messageOf(error);
  const { body } = error as { body?: unknown };
  try {
    const status = (typeof body === "string" ? JSON.parse(body) : body) as { message?: string };
    return `${code}: ${status?.message ?? messageOf(error)}`;
  } catch {
    return `${code}: ${messageOf(error)}`;
  }
}
