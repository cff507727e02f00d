import { useBeforeLeave } from "@solidjs/router";
import { createEffect, createMemo, createSignal, on, onCleanup, untrack } from "solid-js";
import { createStore, reconcile, unwrap } from "solid-js/store";
import {
  type SavedTable,
  type TableDefinition,
  type TableDetail,
  tableDefinitionSchema,
} from "../../shared/table.ts";
import { type ApiError, toApiError } from "../api-error.ts";
import { api } from "../trpc.ts";

export interface TableForm {
  id: () => number | null;
  draft: TableDefinition;
  set(patch: Partial<TableDefinition>): void;
  isDirty: () => boolean;
  /** A copy of the draft as it is at this moment, and what it is an edit of. */
  definition: () => TableDefinition;
  saved: () => TableDefinition;
  isSaving: () => boolean;
  error: () => ApiError | null;
  /** The message of the last refused save or of local validation for one field. */
  fieldError(field: keyof TableDefinition): string | null;
  /** A newer version that someone saved while this draft has edits; null otherwise. */
  newerVersion: () => number | null;
  save(): Promise<SavedTable | null>;
  /** Drops the edits and takes the newest saved version. */
  reset(): void;
  /** Keeps the edits and bases them on the newest version: the next save overwrites it. */
  rebase(): void;
}

/**
 * A draft of a definition. It starts from a saved version (`base`) and follows newer ones as long
 * as it has no edits. With edits it stays, tells that a newer version exists, and its save is
 * refused by the server (optimistic version) until the person takes theirs or overwrites it.
 * Leaving with edits asks first.
 */
export function createTableForm(
  initial: TableDefinition,
  latest: () => TableDetail | undefined,
): TableForm {
  const [draft, setDraft] = createStore<TableDefinition>(copy(initial));
  const [base, setBase] = createSignal({
    version: untrack(latest)?.version ?? 0,
    definition: copy(initial),
  });
  const [isSaving, setSaving] = createSignal(false);
  const [error, setError] = createSignal<ApiError | null>(null);
  const draftText = createMemo(() => canonical(draft));
  const isDirty = createMemo(() => draftText() !== canonical(base().definition));

  function adopt(version: number, definition: TableDefinition): void {
    const own = copy(definition);
    setBase({ version, definition: own });
    setDraft(reconcile(copy(definition)));
    setError(null);
  }

  createEffect(
    on(
      () => latest()?.version,
      () => {
        const table = latest();
        if (table !== undefined && table.version !== base().version && !isDirty()) {
          adopt(table.version, table.definition);
        }
      },
    ),
  );

  async function save(): Promise<SavedTable | null> {
    if (isSaving()) return null;
    const definition = copy(draft);
    const parsed = tableDefinitionSchema.safeParse(definition);
    if (!parsed.success) {
      setError(localError(parsed.error.issues[0]));
      return null;
    }
    setSaving(true);
    setError(null);
    try {
      const saved = await send(latest()?.id ?? null, base().version, parsed.data);
      // The draft may have moved on while the save was under way: only its base moves.
      setBase({ version: saved.version, definition });
      return saved;
    } catch (cause) {
      setError(toApiError(cause));
      return null;
    } finally {
      setSaving(false);
    }
  }

  guardUnsaved(isDirty);
  return {
    id: () => latest()?.id ?? null,
    draft,
    set: (patch) => setDraft(patch),
    isDirty,
    // From its text, for whoever follows the draft: a copy is of the store's untracked value.
    definition: () => JSON.parse(draftText()) as TableDefinition,
    saved: () => base().definition,
    isSaving,
    error,
    fieldError: (field) => errorOf(error(), field),
    // While a save is under way, the newer version may be its own.
    newerVersion: () => (isSaving() || !isDirty() ? null : newerThan(base().version, latest())),
    save,
    reset() {
      const table = latest();
      if (table === undefined) adopt(base().version, base().definition);
      else adopt(table.version, table.definition);
    },
    rebase() {
      const table = latest();
      if (table !== undefined) {
        setBase({ version: table.version, definition: copy(table.definition) });
        setError(null);
      }
    },
  };
}

function send(
  id: number | null,
  version: number,
  definition: TableDefinition,
): Promise<SavedTable> {
  return id === null
    ? api.tables.create.mutate({ definition })
    : api.tables.update.mutate({ id, version, definition });
}

/** The same text for the same definition, in whatever order its keys are. */
function canonical(definition: TableDefinition): string {
  return JSON.stringify(definition, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** A plain copy, free of the store that it may be read through. */
function copy(definition: TableDefinition): TableDefinition {
  return structuredClone(unwrap(definition));
}

function newerThan(version: number, table: TableDetail | undefined): number | null {
  return table !== undefined && table.version > version ? table.version : null;
}

/** The error's message where it is about this field or a part of it. */
function errorOf(error: ApiError | null, field: string): string | null {
  const path = (error?.field ?? "").replace(/^definition\./, "");
  return path === field || path.startsWith(`${field}.`) ? (error?.message ?? null) : null;
}

function localError(issue: { message: string; path: PropertyKey[] } | undefined): ApiError {
  return {
    code: "invalidInput",
    message: issue?.message ?? "not valid",
    hint: null,
    field: (issue?.path ?? []).map(String).join("."),
    position: null,
  };
}

function guardUnsaved(isDirty: () => boolean): void {
  useBeforeLeave((event) => {
    if (!isDirty() || event.defaultPrevented) return;
    const target = String(event.to);
    // Tabs of the same table keep the draft: the editor stays mounted behind them.
    const table = /^\/tables\/[^/?]+/.exec(event.from.pathname)?.[0];
    if (table !== undefined && (target === table || target.startsWith(`${table}/`))) return;
    event.preventDefault();
    if (window.confirm("Leave without saving your changes?")) event.retry(true);
  });
  const warn = (event: BeforeUnloadEvent) => {
    if (isDirty()) event.preventDefault();
  };
  window.addEventListener("beforeunload", warn);
  onCleanup(() => window.removeEventListener("beforeunload", warn));
}
