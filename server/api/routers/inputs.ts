import { z } from "zod";

/** An id of any noun. */
export const rowId = z.int().positive();

export const byId = z.object({ id: rowId });

/** How many rows a list answers at most. */
export function limitOf(most: number, usual: number) {
  return z.int().min(1).max(most).default(usual);
}
