import { z } from "zod";
import { define, line } from "./setting.ts";
import { keptText } from "./text.ts";

/** Of the local cloud, which knows no other. */
export const localProject = "maestro-local";
export const localBucket = "maestro-local";

/** A service account's key, as far as it is needed: what else its file says is not believed. */
export interface ServiceAccountKey {
  email: string;
  /** PEM. */
  privateKey: string;
  keyId: string | null;
  /** The project that the account is of, which need not be the one that it works in. */
  projectId: string | null;
}

const project = line.refine(
  (text) => /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(text),
  "a project's ID, such as our-project-123: six to thirty lower-case letters, digits and hyphens, and neither its name nor its number",
);

const location = line
  .refine(
    (text) => /^[A-Za-z]+(-[A-Za-z]+\d+)?$/.test(text) && text.length <= 40,
    "a region or multi-region, such as US, EU or europe-west3",
  )
  .transform((text) => (text.includes("-") ? text.toLowerCase() : text.toUpperCase()));

const bucket = line
  .refine((text) => !text.startsWith("gs://"), "the bucket's name alone, without gs://")
  .refine(
    (text) => /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(text),
    "a bucket's name: lower-case letters, digits, hyphens, underscores and dots",
  );

const datasets = keptText()
  .trim()
  .max(4_000, "at most 4000 characters")
  .transform((text) => text.split(/[\s,]+/).filter((name) => name !== ""))
  .refine((names) => names.length > 0, "name at least one dataset, such as analytics")
  .refine((names) => names.every((name) => /^\w{1,1024}$/.test(name)), {
    error:
      "datasets alone, without their project, with commas between them, such as analytics, staging",
  });

const notOfServiceAccounts: [(json: Record<string, unknown>) => boolean, string][] = [
  [
    ({ type }) => type === "authorized_user",
    "these are a person's own credentials, of gcloud auth application-default login: make a service account and give a key of it, or leave this empty, for application default credentials",
  ],
  [
    ({ type }) => String(type).startsWith("external_account"),
    "this is a configuration of workload identity federation: leave this empty and name its file to each server by GOOGLE_APPLICATION_CREDENTIALS",
  ],
  [
    ({ web, installed }) => web !== undefined || installed !== undefined,
    "this is an OAuth client, which people sign in through: its ID and secret belong under Signing in with Google",
  ],
  [
    ({ type }) => type !== "service_account",
    'it is not a service account\'s key: its "type" would be "service_account"',
  ],
  [
    ({ universe_domain: domain = "googleapis.com" }) => domain !== "googleapis.com",
    "it is of another cloud than Google's own: its universe_domain is not googleapis.com",
  ],
  [
    ({ client_email: email }) =>
      typeof email !== "string" || !/^[\w.+-]{1,200}@[\w.-]{1,200}$/.test(email),
    "its client_email is missing: give the file whole, as it was downloaded",
  ],
  [
    ({ private_key: key }) =>
      typeof key !== "string" || !/^-----BEGIN (RSA )?PRIVATE KEY-----\n[\s\S]+-----END/.test(key),
    "its private_key is missing, or is no PEM text: give the file whole, as it was downloaded",
  ],
];

export const serviceAccountKey = keptText()
  .trim()
  .min(1, "it is empty")
  .max(20_000, "at most 20000 characters")
  .transform((text, context): ServiceAccountKey => {
    const json = parseObject(text);
    const fault = json === null ? noJson(text) : faultOf(json);
    if (json === null || fault !== null) {
      context.addIssue({ code: "custom", message: fault ?? "it is refused" });
      return z.NEVER;
    }
    const optional = (key: string) => (typeof json[key] === "string" ? json[key] : null);
    return {
      email: String(json["client_email"]),
      privateKey: String(json["private_key"]),
      keyId: optional("private_key_id"),
      projectId: optional("project_id"),
    };
  });

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function faultOf(json: Record<string, unknown>): string | null {
  return notOfServiceAccounts.find(([isSo]) => isSo(json))?.[1] ?? null;
}

function noJson(text: string): string {
  if (/^AIza/.test(text)) return "this is an API key, which BigQuery takes from nobody";
  const whole = "give the whole file of a service account's key, from its first { to its last }";
  return `it is not JSON: ${whole}`;
}

export const cloudSettings = {
  "bigquery.project": define({
    label: "Project",
    help: "the ID of the Google Cloud project whose BigQuery and Cloud Storage are used; none: the local cloud",
    variable: "BIGQUERY_PROJECT",
    flag: "bigquery-project",
    schema: project,
  }),
  "bigquery.location": define({
    label: "Location",
    help: "where jobs run and datasets are made, such as US, EU or europe-west3",
    variable: "BIGQUERY_LOCATION",
    flag: "bigquery-location",
    schema: location,
    default: "US",
  }),
  "bigquery.bucket": define({
    label: "Bucket",
    help: "the Cloud Storage bucket of extracts and staged files: one for Maestro alone, in the same location",
    variable: "BUCKET",
    flag: "bucket",
    schema: bucket,
  }),
  "bigquery.credentials": define({
    label: "Service account's key",
    help: "the JSON file of a key, pasted whole; empty: application default credentials",
    secret: true,
    variable: "BIGQUERY_CREDENTIALS",
    schema: serviceAccountKey,
  }),
  "bigquery.datasets": define({
    label: "Default datasets",
    help: "datasets that new tables are offered, with commas between them: the first is filled in",
    variable: "BIGQUERY_DATASETS",
    schema: datasets,
  }),
} as const;
