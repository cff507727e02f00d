import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { Variable } from "../../server/config-variable.ts";
import { variables } from "../../server/config-variables.ts";

/* deploy/kubernetes, as `kubectl apply -k` would read it; no cluster is asked. */

interface Probe {
  httpGet: { path: string; port: string };
}

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec?: {
    selector?: Record<string, unknown> & { matchLabels?: Record<string, string> };
    maxUnavailable?: number;
    ports?: { targetPort: string }[];
    template?: { metadata: { labels: Record<string, string> }; spec: PodSpec };
  };
  rules?: { resources: string[]; verbs: string[] }[];
}

interface PodSpec {
  serviceAccountName: string;
  securityContext: { runAsNonRoot: boolean };
  terminationGracePeriodSeconds: number;
  volumes: { name: string }[];
  containers: {
    args: string[];
    image: string;
    ports: { name: string; containerPort: number }[];
    livenessProbe: Probe;
    readinessProbe: Probe;
    startupProbe: Probe;
    volumeMounts: { name: string }[];
    envFrom: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  }[];
}

const folder = join(import.meta.dirname, "../../deploy/kubernetes");
const read = (name: string) => readFileSync(join(folder, name), "utf8");
const kustomization = parse(read("kustomization.yaml")) as {
  resources: string[];
  images: { name: string }[];
  configMapGenerator: { name: string; envs: string[] }[];
};
const manifests = kustomization.resources.flatMap((name) =>
  parseAllDocuments(read(name)).map((document) => document.toJS() as Manifest),
);
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);
const config = Object.fromEntries(
  read("config.env")
    .trim()
    .split("\n")
    .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
);

test("every file is named, and nothing twice", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  expect(kustomization.resources.toSorted()).toEqual(
    files.filter((name) => name !== "kustomization.yaml").toSorted(),
  );
  const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  expect(names).toEqual([...new Set(names)]);
});

test.each(["api", "worker", "room"])(
  "%s is probed, is evicted one by one, and finds all that it names",
  (role) => {
    const deployment = ofKind("Deployment").find(
      ({ metadata }) => metadata.name === `maestro-${role}`,
    );
    const { selector, template } = deployment!.spec!;
    const labels = { app: `maestro-${role}` };
    expect([selector?.matchLabels, template?.metadata.labels]).toEqual([labels, labels]);
    const budget = ofKind("PodDisruptionBudget").find(
      ({ spec }) => spec?.selector?.matchLabels?.["app"] === labels.app,
    );
    expect(budget?.spec?.maxUnavailable).toBe(1);

    const pod = template!.spec;
    const accounts = ofKind("ServiceAccount").map(({ metadata }) => metadata.name);
    expect(accounts).toContain(pod.serviceAccountName);
    expect(pod.securityContext.runAsNonRoot).toBe(true);
    const timeout = variables.gracefulShutdownSeconds as Variable<number>;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(Number(timeout.default));
    const [container] = pod.containers;
    expect(container?.args).toEqual([role]);
    expect(kustomization.images.map(({ name }) => name)).toContain(container?.image);
    const volumes = pod.volumes.map(({ name }) => name);
    expect(container?.volumeMounts.map(({ name }) => name)).toEqual(volumes);
    expect(container?.envFrom).toEqual([
      { configMapRef: { name: kustomization.configMapGenerator[0]?.name } },
      { secretRef: { name: "maestro-secrets" } },
    ]);

    const [port] = container!.ports;
    const listen = role === "api" ? "3000" : config["MAESTRO_HEALTH_LISTEN"]?.split(":").at(-1);
    expect(String(port?.containerPort)).toBe(listen);
    const { livenessProbe, readinessProbe, startupProbe } = container!;
    const paths = [livenessProbe, readinessProbe, startupProbe].map(({ httpGet }) => httpGet);
    expect(paths).toEqual(
      ["/healthz", "/readyz?part=postgres", "/healthz"].map((path) => ({ path, port: port?.name })),
    );
  },
);

test("the settings of the config map are the program's", () => {
  const known = (Object.values(variables) as Variable<unknown>[]).map(({ variable }) => variable);
  for (const [name, value] of Object.entries(config)) {
    const bare = name.replace(/^MAESTRO_/, "");
    expect(known).toContain(bare);
    const { schema } = (Object.values(variables) as Variable<unknown>[]).find(
      ({ variable }) => variable === bare,
    )!;
    expect(schema.safeParse(value).error?.issues).toBeUndefined();
  }
});

test("the worker alone has rights, and no more than its pods need", () => {
  expect(ofKind("Role").map(({ rules }) => rules)).toEqual([
    [
      { apiGroups: [""], resources: ["pods"], verbs: ["create", "delete", "list", "watch"] },
      { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
    ],
  ]);
  expect(ofKind("ClusterRole")).toEqual([]);
});
