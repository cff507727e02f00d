import { createStore } from "solid-js/store";
import {
  type DatabaseInput,
  type DatabaseKind,
  type DatabaseView,
  defaultPorts,
} from "../../../shared/database.ts";
import { type DatabaseUrl, parseDatabaseUrl } from "../../../shared/database-url.ts";
import { toApiError } from "../../api-error.ts";

/** What the form holds: every field a text where it is typed, the secrets empty until they are given. */
export interface DatabaseFields
  extends Omit<DatabaseInput, "tlsCa" | "tlsCertificate" | "importDataset"> {
  url: string;
  urlError: string | null;
  password: string;
  /** The stored password is to be no more. */
  forgetsPassword: boolean;
  tlsCa: string;
  tlsCertificate: string;
  tlsKey: string;
  importDataset: string;
}

export interface DatabaseDraft {
  fields: DatabaseFields;
  set(patch: Partial<DatabaseFields>): void;
  /** Another kind has another usual port. */
  setKind(kind: DatabaseKind): void;
  /** Fills the fields from a URL, which then leaves its own; or says what is wrong with it. */
  takeUrl(url: string): void;
  /** Whether the fields name another address than the database has. */
  isElsewhere(database: DatabaseView): boolean;
  /** What is sent: an empty secret is left out, and on an edit the stored one kept. */
  input(): DatabaseInput;
}

export function createDatabaseDraft(database: DatabaseView | null): DatabaseDraft {
  const [fields, setFields] = createStore<DatabaseFields>(startFrom(database));
  return {
    fields,
    set: (patch) => setFields(patch),
    setKind(kind) {
      const isUsual = fields.port === defaultPorts[fields.kind];
      setFields({ kind, ...(isUsual ? { port: defaultPorts[kind] } : {}) });
    },
    takeUrl(url) {
      if (url.trim() === "") return setFields({ url: "", urlError: null });
      try {
        setFields({ ...fieldsOf(parseDatabaseUrl(url)), url: "", urlError: null });
      } catch (error) {
        setFields({ url, urlError: toApiError(error).message });
      }
    },
    isElsewhere: (database) =>
      (["kind", "host", "port", "database"] as const).some((key) => fields[key] !== database[key]),
    input: () => inputOf(fields),
  };
}

function fieldsOf({ password, ...url }: DatabaseUrl): Partial<DatabaseFields> {
  return { ...url, ...(password === undefined ? {} : { password }) };
}

function inputOf(fields: DatabaseFields): DatabaseInput {
  const { url: _url, urlError: _error, password, forgetsPassword, tlsKey, ...rest } = fields;
  return {
    ...rest,
    tlsCa: textOrNull(fields.tlsCa),
    tlsCertificate: textOrNull(fields.tlsCertificate),
    importDataset: textOrNull(fields.importDataset),
    ...(password === "" && !forgetsPassword ? {} : { password }),
    ...(tlsKey.trim() === "" ? {} : { tlsKey }),
  };
}

function startFrom(database: DatabaseView | null): DatabaseFields {
  const secrets = { url: "", urlError: null, password: "", forgetsPassword: false, tlsKey: "" };
  if (database !== null) {
    const { id: _id, ...saved } = database;
    return {
      ...saved,
      ...secrets,
      tlsCa: saved.tlsCa ?? "",
      tlsCertificate: saved.tlsCertificate ?? "",
      importDataset: saved.importDataset ?? "",
    };
  }
  return {
    ...secrets,
    name: "",
    kind: "postgres",
    host: "",
    port: defaultPorts.postgres,
    database: "",
    username: "",
    tlsMode: "prefer",
    tlsCa: "",
    tlsCertificate: "",
    mayImport: true,
    mayExport: false,
    importDataset: "",
    bytesPerSecond: null,
    concurrentTransfers: null,
  };
}

function textOrNull(text: string): string | null {
  return text.trim() === "" ? null : text;
}
