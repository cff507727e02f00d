import { createSignal } from "solid-js";
import { toApiError } from "../api-error.ts";

interface Toast {
  id: number;
  tone: "ok" | "bad";
  title: string;
  detail: string | null;
}

const [list, setList] = createSignal<Toast[]>([]);
let lastId = 0;

export const toasts = list;

export function dismissToast(id: number): void {
  setList((all) => all.filter((toast) => toast.id !== id));
}

export function showToast(title: string, detail: string | null = null): void {
  add({ tone: "ok", title, detail }, 5000);
}

/** A failed action, with the server's message and hint. */
export function showError(action: string, error: unknown): void {
  const { message, hint } = toApiError(error);
  add({ tone: "bad", title: `${action}: ${message}`, detail: hint }, 15_000);
}

function add(toast: Omit<Toast, "id">, lifeMs: number): void {
  lastId += 1;
  const id = lastId;
  setList((all) => [...all.slice(-3), { ...toast, id }]);
  setTimeout(() => dismissToast(id), lifeMs);
}
