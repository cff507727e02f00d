import { api } from "../trpc.ts";
import { createApiQuery } from "./create-api-query.ts";

/** The name of what a setting of a table points at; null where it points at nothing, or that is gone. */
export type PointedNames = (setting: string, id: number) => string | null;

/** Groups, frequencies and databases by the settings that hold their ids. */
export function createPointedNames(): PointedNames {
  const groups = createApiQuery(
    () => ["groups"],
    (signal) => api.groups.list.query(undefined, { signal }),
  );
  const frequencies = createApiQuery(
    () => ["frequencies"],
    (signal) => api.frequencies.list.query(undefined, { signal }),
  );
  const databases = createApiQuery(
    () => ["databases"],
    (signal) => api.databases.list.query(undefined, { signal }),
  );
  const pointed: Record<string, () => { id: number; name: string }[] | undefined> = {
    groupId: groups.data,
    frequencyId: frequencies.data,
    importDatabaseId: databases.data,
    exportDatabaseId: databases.data,
  };
  return (setting, id) => pointed[setting]?.()?.find((one) => one.id === id)?.name ?? null;
}
