import { z } from "zod";
import { autoscalingSchema } from "./autoscaling.ts";
import { parseCpu, parseMemory } from "./scheduler-units.ts";
import { keptText } from "./text.ts";

/** The scheduler of Maestro's own rooms, which workers keep that are told to. */
export const transferScheduler = "maestro-transfers";

/** What a room is given: its name and its value in the environment. */
const variableSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "a variable's name has letters, digits and _ alone")
    .max(200)
    .refine(
      (name) => !name.startsWith("MAESTRO_ROOM_") && !reserved.has(name),
      "this variable is set by Maestro itself: choose another name",
    ),
  value: z.preprocess(
    (value) => (typeof value === "number" || typeof value === "boolean" ? String(value) : value),
    keptText().max(32_768),
  ),
});

const reserved = new Set(["MAESTRO_SCHEDULER_NAME", "MAESTRO_URL"]);

const portSchema = z.strictObject({
  containerPort: whole("a port", 1, 65_535),
  protocol: z.enum(["TCP", "UDP"], { error: "TCP or UDP" }).default("TCP"),
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/, {
    error: "a port's name has 1 to 15 letters a to z, digits and dashes, such as http",
  }),
});

const memory = quantity(parseMemory, "an amount of memory such as 256Mi or 1G");
const cpu = quantity(parseCpu, "an amount of cores such as 500m, 0.5 or 2");

const requestsSchema = z.strictObject({
  memory: memory.default("256Mi"),
  cpu: cpu.default("500m"),
});
const limitsSchema = z.strictObject({ memory: memory.default("1Gi"), cpu: cpu.default("1") });

const label = keptText().trim().max(100);
const daySeconds = 86_400;

export const schedulerNameSchema = z
  .string({ error: "a scheduler needs a name" })
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
    error:
      "a scheduler's name has 1 to 63 letters a to z, digits and dashes, and begins and ends with none of the dashes",
  });

/** A scheduler's specification, with its defaults: docs/rooms.md. */
export const specificationSchema = z
  .strictObject({
    name: schedulerNameSchema,
    game: label.default(""),
    runtime: z
      .enum(["process", "kubernetes"], { error: "a runtime is process or kubernetes" })
      .default("process"),
    image: keptText().trim().min(1).max(500).nullable().default(null),
    cmd: z
      .array(keptText().min(1, "a command's words are not empty").max(4_096), {
        error: 'a command is a list of words, such as ["python3", "score.py"]',
      })
      .max(100)
      .default([]),
    env: z.array(variableSchema).max(200).default([]),
    ports: z.array(portSchema).max(50).default([]),
    requests: requestsSchema.prefault({}),
    limits: limitsSchema.prefault({}),
    /** Seconds between SIGTERM and SIGKILL. */
    shutdownTimeout: whole("a shutdownTimeout in seconds", 0, daySeconds).default(180),
    /** Seconds after which an occupied room is removed; 0: never. */
    occupiedTimeout: whole("an occupiedTimeout in seconds", 0, 30 * daySeconds).default(0),
    affinity: label.min(1).nullable().default(null),
    toleration: label.min(1).nullable().default(null),
    /** Per cent of the rooms that are replaced at a time. */
    maxSurge: whole("a maxSurge in per cent", 1, 100).default(25),
    autoscaling: autoscalingSchema.prefault({}),
    forwarders: z
      .array(
        z.strictObject({ url: z.url({ protocol: /^https?$/, error: "an http or https address" }) }),
      )
      .max(10)
      .default([]),
    /** Networks from which its rooms may ping without their token, for clients that know of none. */
    pingNetworks: z
      .array(z.union([z.cidrv4(), z.cidrv6()], { error: "a network such as 10.0.0.0/8" }))
      .max(20)
      .default([]),
  })
  .superRefine((specification, context) => {
    const { runtime, cmd, image, requests, limits } = specification;
    if (runtime === "process" && cmd.length === 0) {
      context.addIssue({
        code: "custom",
        path: ["cmd"],
        message: "runtime process needs a command",
      });
    }
    if (runtime === "kubernetes" && image === null) {
      context.addIssue({
        code: "custom",
        path: ["image"],
        message: "runtime kubernetes needs an image",
      });
    }
    for (const [resource, parse] of [
      ["memory", parseMemory],
      ["cpu", parseCpu],
    ] as const) {
      if ((parse(limits[resource]) ?? 0) >= (parse(requests[resource]) ?? 0)) continue;
      const message = `the limit ${limits[resource]} is below the request ${requests[resource]}: raise it`;
      context.addIssue({ code: "custom", path: ["limits", resource], message });
    }
    for (const field of ["env", "ports"] as const) {
      const names = specification[field].map(({ name }) => name);
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      if (twice === undefined) continue;
      const message = `${twice} is there twice: take one out`;
      context.addIssue({ code: "custom", path: [field], message });
    }
  });

export type Specification = z.infer<typeof specificationSchema>;

export type SpecificationChange = "none" | "minor" | "major";

/** A change of these replaces the rooms. */
const majorFields: readonly (keyof Specification)[] = [
  ...(["runtime", "image", "cmd", "env", "ports"] as const),
  ...(["requests", "limits", "affinity", "toleration"] as const),
];

/** What a new specification changes: the fields, and whether rooms are replaced for it. */
export function compareSpecifications(
  before: Specification,
  after: Specification,
): { change: SpecificationChange; fields: (keyof Specification)[] } {
  const fields = (Object.keys(after) as (keyof Specification)[]).filter(
    (field) => sortedText(before[field]) !== sortedText(after[field]),
  );
  const isMajor = fields.some((field) => majorFields.includes(field));
  return { change: fields.length === 0 ? "none" : isMajor ? "major" : "minor", fields };
}

/** PostgreSQL's JSON has an order of its own for fields. */
function sortedText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function whole(what: string, min: number, max: number) {
  const error = `${what} is a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

function quantity(parse: (text: string) => number | null, what: string) {
  return z.preprocess(
    (value) => (typeof value === "number" ? String(value) : value),
    z.string({ error: what }).refine((text) => parse(text) !== null, { error: what }),
  );
}
