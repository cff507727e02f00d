import type { RouteDefinition } from "@solidjs/router";
import { lazy } from "solid-js";

const tablePage = lazy(async () => ({
  default: (await import("./pages/tables/TablePage.tsx")).TablePage,
}));

/** Every page is a chunk of its own; the editor, the layout and the chart load with theirs. */
export const routes: RouteDefinition[] = [
  {
    path: "/",
    component: lazy(async () => ({
      default: (await import("./pages/home/HomePage.tsx")).HomePage,
    })),
  },
  {
    path: "/tables",
    component: lazy(async () => ({
      default: (await import("./pages/tables/TablesPage.tsx")).TablesPage,
    })),
  },
  {
    path: "/tables/new",
    component: lazy(async () => ({
      default: (await import("./pages/tables/NewTablePage.tsx")).NewTablePage,
    })),
  },
  {
    path: "/login",
    component: lazy(async () => ({
      default: (await import("./pages/tokens/LoginPage.tsx")).LoginPage,
    })),
  },
  { path: "/tables/:id/:tab?", matchFilters: { id: /^\d+$/ }, component: tablePage },
  {
    path: "/graph",
    component: lazy(async () => ({
      default: (await import("./pages/graph/GraphPage.tsx")).GraphPage,
    })),
  },
  {
    path: "/runs",
    component: lazy(async () => ({
      default: (await import("./pages/runs/RunsPage.tsx")).RunsPage,
    })),
  },
  {
    path: "/runs/:id/:tab?",
    matchFilters: { id: /^\d+$/ },
    component: lazy(async () => ({ default: (await import("./pages/runs/RunPage.tsx")).RunPage })),
  },
  {
    path: "/transfers",
    component: lazy(async () => ({
      default: (await import("./pages/transfers/TransfersPage.tsx")).TransfersPage,
    })),
  },
  {
    path: "/costs",
    component: lazy(async () => ({
      default: (await import("./pages/costs/CostsPage.tsx")).CostsPage,
    })),
  },
  {
    path: "/history",
    component: lazy(async () => ({
      default: (await import("./pages/history/HistoryPage.tsx")).HistoryPage,
    })),
  },
  {
    path: "/frequencies",
    component: lazy(async () => ({
      default: (await import("./pages/frequencies/FrequenciesPage.tsx")).FrequenciesPage,
    })),
  },
  {
    path: "/databases",
    component: lazy(async () => ({
      default: (await import("./pages/databases/DatabasesPage.tsx")).DatabasesPage,
    })),
  },
  {
    path: "/databases/:id/:tab?",
    matchFilters: { id: /^\d+$/ },
    component: lazy(async () => ({
      default: (await import("./pages/databases/DatabasePage.tsx")).DatabasePage,
    })),
  },
  {
    path: "/schedulers",
    component: lazy(async () => ({
      default: (await import("./pages/schedulers/SchedulersPage.tsx")).SchedulersPage,
    })),
  },
  {
    path: "/schedulers/:name/:tab?",
    matchFilters: { tab: ["operations", "specification"] },
    component: lazy(async () => ({
      default: (await import("./pages/schedulers/SchedulerPage.tsx")).SchedulerPage,
    })),
  },
  {
    path: "/tokens",
    component: lazy(async () => ({
      default: (await import("./pages/tokens/TokensPage.tsx")).TokensPage,
    })),
  },
  {
    path: "/people/:tab?",
    matchFilters: { tab: ["groups", "tokens"] },
    component: lazy(async () => ({
      default: (await import("./pages/people/PeoplePage.tsx")).PeoplePage,
    })),
  },
  {
    path: "/audit",
    component: lazy(async () => ({
      default: (await import("./pages/audit/AuditPage.tsx")).AuditPage,
    })),
  },
  {
    path: "/settings",
    component: lazy(async () => ({
      default: (await import("./pages/settings/SettingsPage.tsx")).SettingsPage,
    })),
  },
  // Whoever is signed in already has nothing to do there.
  {
    path: "/sign-in",
    component: lazy(async () => ({
      default: (await import("./pages/sign-in/SignedInAlready.tsx")).SignedInAlready,
    })),
  },
  {
    path: "*",
    component: lazy(async () => ({
      default: (await import("./pages/NotFoundPage.tsx")).NotFoundPage,
    })),
  },
];
