import { expect, test } from "vitest";
import { compareSpecifications } from "../../shared/scheduler.ts";
import {
  checkSpecification,
  readSpecification,
  writeSpecification,
} from "../../shared/scheduler-text.ts";
import { parseCpu, parseMemory } from "../../shared/scheduler-units.ts";

const yaml = `
name: scorer
game: analytics
cmd: ["python3", "score.py"]
env: [{name: MODE, value: 3}]
ports: [{containerPort: 5050, name: http}]
requests: {cpu: 0.5}
autoscaling:
  min: 2
  up: {metricsTrigger: [{type: room}]}
`;

test("a specification has its defaults", () => {
  expect(readSpecification(yaml)).toEqual({
    name: "scorer",
    game: "analytics",
    runtime: "process",
    image: null,
    cmd: ["python3", "score.py"],
    env: [{ name: "MODE", value: "3" }],
    ports: [{ containerPort: 5050, protocol: "TCP", name: "http" }],
    requests: { memory: "256Mi", cpu: "0.5" },
    limits: { memory: "1Gi", cpu: "1" },
    shutdownTimeout: 180,
    occupiedTimeout: 0,
    affinity: null,
    toleration: null,
    maxSurge: 25,
    autoscaling: {
      min: 2,
      max: 10,
      up: {
        metricsTrigger: [{ type: "room", usage: 70, threshold: 80, time: 600, limit: 90 }],
        cooldown: 300,
      },
      down: { metricsTrigger: [], cooldown: 300 },
    },
    forwarders: [],
    pingNetworks: [],
  });
});

test("JSON is read as YAML is, and what was read is read again unchanged", () => {
  const read = readSpecification(yaml);
  expect(readSpecification(JSON.stringify(read))).toEqual(read);
});

test.each([
  ["name: scorer", "cmd: runtime process needs a command"],
  ["name: Scorer\ncmd: [a]", "name: a scheduler's name has 1 to 63 letters"],
  ["name: a\nruntime: kubernetes", "image: runtime kubernetes needs an image"],
  ["name: a\nruntime: docker\ncmd: [a]", "runtime: a runtime is process or kubernetes"],
  ["name: a\ncmd: [a]\nreplicas: 3", "replicas: there is no such field"],
  ["name: a\ncmd: python3 score.py", "cmd: a command is a list of words"],
  ["name: a\ncmd: [a]\nrequests: {memory: 5 apples}", "requests.memory: an amount of memory"],
  ["name: a\ncmd: [a]\nrequests: {cpu: 2}", "limits.cpu: the limit 1 is below the request 2"],
  ["name: a\ncmd: [a]\nautoscaling: {min: 9, max: 3}", "autoscaling.min: min 9 is above max 3"],
  [
    "name: a\ncmd: [a]\nmaxSurge: 0",
    "maxSurge: a maxSurge in per cent is a whole number from 1 to 100",
  ],
  [
    "name: a\ncmd: [a]\nenv: [{name: MAESTRO_ROOM_TOKEN, value: x}]",
    "env.0.name: this variable is set by Maestro",
  ],
  ["name: a\ncmd: [a]\nenv: [{name: A, value: x}, {name: A, value: y}]", "env: A is there twice"],
  [
    "name: a\ncmd: [a]\nforwarders: [{url: 'ftp://x'}]",
    "forwarders.0.url: an http or https address",
  ],
  ["name: a\ncmd: [a]\npingNetworks: [everywhere]", "pingNetworks.0: a network such as 10.0.0.0/8"],
  [
    "name: a\ncmd: [a]\nautoscaling: {up: {metricsTrigger: [{type: luck}]}}",
    "autoscaling.up.metricsTrigger.0.type: a trigger's type is one of room, cpu, mem, queue",
  ],
  ["name: [", "this is no YAML and no JSON"],
  ["name: a\nname: b\ncmd: [a]", "Map keys must be unique"],
  ["- a", "a specification is a mapping of fields"],
])("%j is refused, naming the field and the remedy", (text, message) => {
  expect(() => readSpecification(text)).toThrow(message);
});

test("each fault has its place in the text, of YAML and of JSON", () => {
  const lines = [
    "name: Score",
    "cmd: [a]",
    "autoscaling:",
    "  up:",
    "    metricsTrigger:",
    "      - type: luck",
    "more: 1",
    "maxSurge: 0",
  ];
  const placesOf = (text: string) =>
    checkSpecification(text).faults?.map(({ field, position }) => [
      field,
      position?.line,
      position?.column,
    ]);
  expect(placesOf(lines.join("\n"))).toEqual([
    ["name", 1, 1],
    ["autoscaling.up.metricsTrigger.0.type", 6, 9],
    ["more", 7, 1],
    ["maxSurge", 8, 1],
  ]);
  expect(placesOf('{"name": "a",\n "cmd": 7}')).toEqual([["cmd", 2, 2]]);
  expect(placesOf("name: a\ncmd: [")?.[0]?.[1]).toBe(2);
  expect(checkSpecification("name: a\ncmd: [b]")).toMatchObject({ faults: null });
});

test("a specification that is written is read again as it was, its name first", () => {
  const { name, ...rest } = readSpecification(yaml);
  const text = writeSpecification({ ...rest, name });
  expect(text).toMatch(/^name: /);
  expect(readSpecification(text)).toEqual({ name, ...rest });
});

test("all faults are told at once", () => {
  const text = "name: a\nmaxSurge: 0\nshutdownTimeout: -1\ncmd: [a]";
  expect(() => readSpecification(text)).toThrow(
    /shutdownTimeout[^\n]*\n.*maxSurge|maxSurge[^\n]*\n.*shutdownTimeout/,
  );
});

test.each([
  ["256Mi", 268_435_456],
  ["1G", 1_000_000_000],
  ["1.5Ki", 1_536],
  ["1024", 1_024],
  ["0", null],
  ["1Qi", null],
  ["-1Mi", null],
])("%s of memory", (text, bytes) => {
  expect(parseMemory(text)).toBe(bytes);
});

test.each([
  ["500m", 500],
  ["2", 2_000],
  ["0.25", 250],
  ["0", null],
  ["half", null],
])("%s of cores", (text, millis) => {
  expect(parseCpu(text)).toBe(millis);
});

test("rooms are replaced for a change of what they are, and for nothing else", () => {
  const before = readSpecification(yaml);
  const changed = (more: object) =>
    compareSpecifications(before, readSpecification({ ...before, ...more }));
  expect(changed({})).toEqual({ change: "none", fields: [] });
  expect(changed({ maxSurge: 50 })).toEqual({ change: "minor", fields: ["maxSurge"] });
  expect(changed({ game: "other", cmd: ["b"] })).toEqual({
    change: "major",
    fields: ["game", "cmd"],
  });
  expect(changed({ env: [] }).change).toBe("major");
  expect(changed({ requests: { memory: "300Mi", cpu: "0.5" } }).change).toBe("major");
  expect(changed({ autoscaling: { ...before.autoscaling, min: 3 } }).change).toBe("minor");
});
