import { createSignal } from "solid-js";

export type Theme = "" | "light" | "dark";

const [theme, setTheme] = createSignal<Theme>(stored());

/** The chosen theme; empty follows the system. */
export const currentTheme = theme;

export function chooseTheme(next: Theme): void {
  localStorage.setItem("maestro.theme", next);
  document.documentElement.dataset["theme"] = next;
  setTheme(next);
}

function stored(): Theme {
  const value = localStorage.getItem("maestro.theme");
  return value === "light" || value === "dark" ? value : "";
}
