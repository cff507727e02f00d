import { createEffect, createSignal } from "solid-js";
import { api } from "../trpc.ts";
import { createApiQuery } from "./create-api-query.ts";

const [currency, setCurrency] = createSignal("USD");

/** What prices are in, by its three letters. */
export const currentCurrency = currency;

/** Keeps the currency as the settings have it. */
export function createCurrency(): void {
  const info = createApiQuery(
    () => ["info"],
    (signal) => api.system.info.query(undefined, { signal }),
  );
  createEffect(() => setCurrency(info.data()?.currency ?? "USD"));
}
