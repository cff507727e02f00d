import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { V1Pod, V1PodStatus } from "@kubernetes/client-node";

/*
 * What room-kubernetes.ts uses of a Kubernetes API server, as that is documented: pods of one namespace
 * are made, listed by their labels, watched from a version on, ended, and asked for their output. Its
 * namespace enforces the Pod Security Standard `restricted`, as deploy/kubernetes does. It runs nothing: a
 * test says what becomes of a pod.
 */

export interface Kubernetes {
  /** Writes a kubeconfig for it. */
  writeConfig(path: string): Promise<void>;
  pods(): V1Pod[];
  /** All that were made, those too that are gone. */
  made: V1Pod[];
  /** As the kubelet or the scheduler would. */
  setStatus(name: string, status: V1PodStatus): void;
  /** Removes a pod without a word to anybody who was asked to end it. */
  remove(name: string): void;
  setLog(name: string, text: string): void;
  /** Answers the next pods to be made with this fault. */
  refuseNext(code: number, message: string): void;
  /** Cuts all watches off; `forgetting`: and knows the versions until now no more. */
  cutWatches(options?: { forgetting: boolean }): void;
  /** Requests, such as `DELETE scorer-1 grace 0` or `LIST`. */
  requests: string[];
  close(): Promise<void>;
}

interface Event {
  version: number;
  type: "ADDED" | "MODIFIED" | "DELETED";
  pod: V1Pod;
}

interface Watcher {
  answer: ServerResponse;
  selector: string;
}

const namespace = "rooms";
const path = `/api/v1/namespaces/${namespace}/pods`;

export async function startKubernetes(): Promise<Kubernetes> {
  const pods = new Map<string, V1Pod>();
  const logs = new Map<string, string>();
  const refusals: { code: number; message: string }[] = [];
  const requests: string[] = [];
  const made: V1Pod[] = [];
  const watchers = new Set<Watcher>();
  const events: Event[] = [];
  let version = 1;
  let oldest = 0;

  const note = (type: Event["type"], pod: V1Pod) => {
    version += 1;
    const noted = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(version) } };
    if (type === "DELETED") pods.delete(pod.metadata?.name ?? "");
    else pods.set(pod.metadata?.name ?? "", noted);
    const event = { version, type, pod: noted };
    events.push(event);
    for (const watcher of watchers) tell(watcher, event);
    return noted;
  };
  const create = async (request: IncomingMessage, answer: ServerResponse) => {
    const asked = JSON.parse(await readBody(request)) as V1Pod;
    const name = asked.metadata?.name ?? "";
    requests.push(`CREATE ${name}`);
    const refusal = refusals.shift();
    if (refusal) return fail(answer, refusal.code, refusal.message);
    const violations = violationsOfRestricted(asked);
    if (violations.length > 0) {
      const why = `violates PodSecurity "restricted:latest": ${violations.join(", ")}`;
      return fail(answer, 403, `pods "${name}" is forbidden: ${why}`);
    }
    made.push(asked);
    if (pods.has(name)) return fail(answer, 409, `pods "${name}" already exists`);
    const metadata = { ...asked.metadata, uid: randomUUID() };
    send(answer, 201, note("ADDED", { ...asked, metadata, status: { phase: "Pending" } }));
  };
  const end = async (url: URL, request: IncomingMessage, answer: ServerResponse) => {
    const name = url.pathname.slice(path.length + 1);
    const pod = pods.get(name);
    const grace = url.searchParams.get("gracePeriodSeconds");
    requests.push(`DELETE ${name}${grace === null ? "" : ` grace ${grace}`}`);
    if (!pod) return fail(answer, 404, `pods "${name}" not found`);
    const { preconditions } = JSON.parse(await readBody(request)) as {
      preconditions?: { uid?: string };
    };
    if (preconditions?.uid !== pod.metadata?.uid)
      return fail(answer, 409, "the UID does not match");
    const isOver = ["Succeeded", "Failed"].includes(pod.status?.phase ?? "");
    const deletionTimestamp = new Date();
    if (grace === "0" || isOver) note("DELETED", pod);
    else note("MODIFIED", { ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
    send(answer, 200, pod);
  };
  const list = (url: URL, answer: ServerResponse) => {
    const selector = url.searchParams.get("labelSelector") ?? "";
    if (url.searchParams.get("watch") !== "true") {
      requests.push("LIST");
      const items = [...pods.values()].filter((pod) => matches(pod, selector));
      const metadata = { resourceVersion: String(version) };
      return send(answer, 200, { kind: "PodList", apiVersion: "v1", metadata, items });
    }
    const from = Number(url.searchParams.get("resourceVersion"));
    requests.push(`WATCH ${from < oldest ? "expired" : "on"}`);
    if (from < oldest) return fail(answer, 410, `too old resource version: ${from}`);
    answer.writeHead(200, { "content-type": "application/json" });
    answer.flushHeaders();
    const watcher = { answer, selector };
    watchers.add(watcher);
    answer.once("close", () => watchers.delete(watcher));
    for (const event of events) if (event.version > from) tell(watcher, event);
  };
  const server = createServer((request, answer) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname === path && request.method === "POST") void create(request, answer);
    else if (url.pathname === path) list(url, answer);
    else if (request.method === "DELETE") void end(url, request, answer);
    else if (url.pathname.endsWith("/log")) {
      const name = url.pathname.slice(path.length + 1, -"/log".length);
      const text = logs.get(name);
      if (text === undefined) fail(answer, 400, "the container is waiting to start");
      else answer.writeHead(200, { "content-type": "text/plain" }).end(text);
    } else fail(answer, 404, "the server could not find the requested resource");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const podCalled = (name: string) => {
    const pod = pods.get(name);
    if (!pod) throw new Error(`there is no pod ${name}`);
    return pod;
  };

  return {
    writeConfig: (file) => writeFile(file, configFor(`http://127.0.0.1:${port}`)),
    pods: () => [...pods.values()],
    made,
    setStatus: (name, status) => void note("MODIFIED", { ...podCalled(name), status }),
    remove: (name) => void note("DELETED", podCalled(name)),
    setLog: (name, text) => void logs.set(name, text),
    refuseNext: (code, message) => void refusals.push({ code, message }),
    cutWatches(options) {
      if (options?.forgetting) oldest = version + 1;
      version += 1;
      for (const { answer } of watchers) answer.destroy();
    },
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function tell({ answer, selector }: Watcher, { type, pod }: Event): void {
  if (matches(pod, selector)) answer.write(`${JSON.stringify({ type, object: pod })}\n`);
}

function matches(pod: V1Pod, selector: string): boolean {
  return selector
    .split(",")
    .map((term) => term.split("="))
    .every(([key = "", value]) => pod.metadata?.labels?.[key] === value);
}

function violationsOfRestricted({ spec }: V1Pod): string[] {
  const ofPod = spec?.securityContext;
  const profiles = ["RuntimeDefault", "Localhost"];
  return (spec?.containers ?? []).flatMap(({ securityContext: own }) => [
    ...((own?.runAsNonRoot ?? ofPod?.runAsNonRoot) ? [] : ["runAsNonRoot != true"]),
    ...(profiles.includes((own?.seccompProfile ?? ofPod?.seccompProfile)?.type ?? "")
      ? []
      : ["seccompProfile"]),
    ...(own?.allowPrivilegeEscalation === false ? [] : ["allowPrivilegeEscalation != false"]),
    ...(own?.capabilities?.drop?.includes("ALL") ? [] : ["unrestricted capabilities"]),
  ]);
}

function send(answer: ServerResponse, code: number, body: object): void {
  answer.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function fail(answer: ServerResponse, code: number, message: string): void {
  const status = { kind: "Status", apiVersion: "v1", status: "Failure", code, message };
  send(answer, code, status);
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) text += String(piece);
  return text;
}

function configFor(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "test", user: {} }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace } }],
    "current-context": "test",
  });
}
