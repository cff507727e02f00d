import type { IconName } from "./components/Icon.tsx";

export interface NavLink {
  href: string;
  label: string;
  icon: IconName;
  key?: string;
  /** Nobody else could see what it leads to. */
  forAdmins?: true;
}

/** Where one can go from everywhere; `key` after G goes there. */
export const nav: { title: string; links: NavLink[] }[] = [
  {
    title: "Work",
    links: [
      { href: "/", key: "h", label: "Home", icon: "home" },
      { href: "/tables", key: "t", label: "Tables", icon: "table" },
      { href: "/graph", key: "g", label: "Graph", icon: "graph" },
      { href: "/runs", key: "r", label: "Runs", icon: "run" },
      { href: "/transfers", key: "x", label: "Transfers", icon: "transfer" },
      { href: "/costs", key: "c", label: "Costs", icon: "coin" },
      { href: "/history", key: "q", label: "History", icon: "code" },
    ],
  },
  {
    title: "Set up",
    links: [
      { href: "/frequencies", key: "f", label: "Frequencies", icon: "clock" },
      { href: "/databases", key: "d", label: "Databases", icon: "database" },
      { href: "/schedulers", key: "s", label: "Schedulers", icon: "rooms", forAdmins: true },
      { href: "/tokens", label: "Tokens", icon: "key" },
      { href: "/people", label: "People", icon: "people", forAdmins: true },
      { href: "/settings", label: "Settings", icon: "sliders", forAdmins: true },
      { href: "/audit", label: "Audit", icon: "list", forAdmins: true },
    ],
  },
];
