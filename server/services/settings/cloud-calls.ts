import type { ObjectStore } from "../../connectors/object-store.ts";
import type { Sheets } from "../../connectors/sheets.ts";
import type { Warehouse } from "../../connectors/warehouse.ts";
import type { Cloud } from "../deps.ts";

/** Those of its members that are called and answer later; the compiler says where one is missing below. */
type CallsOf<T> = {
  [K in keyof T as T[K] extends (...args: never[]) => Promise<unknown> ? K : never]: T[K];
};

const warehouseCalls: Record<keyof CallsOf<Warehouse>, true> = {
  insertJob: true,
  getJob: true,
  awaitQuery: true,
  cancelJob: true,
  dryRun: true,
  getTable: true,
  describeTable: true,
  readPage: true,
  preview: true,
  ensureDataset: true,
};

const objectStoreCalls: Record<keyof CallsOf<ObjectStore>, true> = {
  upload: true,
  download: true,
  list: true,
  listPage: true,
  remove: true,
  signedReadUrl: true,
  signedWriteUrl: true,
  ensureBucket: true,
};

const sheetsCalls: Record<keyof CallsOf<Sheets>, true> = {
  isThere: true,
  find: true,
  create: true,
  remove: true,
  listSheets: true,
  beginSheet: true,
  writeRows: true,
  isEmpty: true,
  publishSheet: true,
  removeSheets: true,
  listAccess: true,
  grantReading: true,
  revoke: true,
};

/** What is known of a cloud without asking it. */
export interface CloudFacts {
  projectId(): string;
  location(): string;
  bucket(): string;
  urlOf(spreadsheetId: string): string;
}

/** A cloud each of whose calls goes to the one that `open` answers at that moment. */
export function cloudOf(facts: CloudFacts, open: () => Promise<Cloud>): Cloud {
  return {
    warehouse: {
      get projectId() {
        return facts.projectId();
      },
      get location() {
        return facts.location();
      },
      ...passOn(warehouseCalls, async () => (await open()).warehouse),
    },
    objectStore: {
      get bucket() {
        return facts.bucket();
      },
      ...passOn(objectStoreCalls, async () => (await open()).objectStore),
    },
    sheets: {
      urlOf: facts.urlOf,
      ...passOn(sheetsCalls, async () => (await open()).sheets),
    },
  };
}

function passOn<T extends object>(
  names: Record<keyof CallsOf<T>, true>,
  open: () => Promise<T>,
): CallsOf<T> {
  type Call = (...args: unknown[]) => Promise<unknown>;
  const calls = Object.keys(names).map((name) => {
    const call: Call = async (...args) => {
      const target = (await open()) as Record<string, Call>;
      return target[name]?.(...args);
    };
    return [name, call];
  });
  return Object.fromEntries(calls) as CallsOf<T>;
}
