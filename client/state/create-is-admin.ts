import { api } from "../trpc.ts";
import { createApiQuery } from "./create-api-query.ts";

/** Whether whoever looks is an admin: others are not offered what they would be refused. */
export function createIsAdmin(): () => boolean {
  const me = createApiQuery(
    () => ["me"],
    (signal) => api.me.get.query(undefined, { signal }),
  );
  return () => me.data()?.isAdmin === true;
}
