import {
  createTRPCClient,
  httpBatchLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
} from "@trpc/client";
import type { AppRouter } from "../server/api/router.ts";
import { longInputs, maxBatchedCalls } from "../shared/batch.ts";

/** The one connection to the daemon: the session cookie is the credential, on the same origin. */
export const api = createTRPCClient<AppRouter>({
  links: [
    splitLink({
      condition: (operation) => operation.type === "subscription",
      true: httpSubscriptionLink({ url: "/trpc" }),
      false: splitLink({
        condition: (operation) => longInputs.has(operation.path),
        true: httpLink({ url: "/trpc", methodOverride: "POST" }),
        // A long URL is cut by proxies, and the server takes so many calls: big batches are split.
        false: httpBatchLink({ url: "/trpc", maxURLLength: 4000, maxItems: maxBatchedCalls }),
      }),
    }),
  ],
});
