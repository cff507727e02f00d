import { expect, test } from "vitest";
import { type Deliveries, firstStep, nextStep } from "../../server/domain/post-completion.ts";
import { mayMove, runOutcome } from "../../server/domain/run-state.ts";
import { tableRunStates } from "../../shared/run.ts";

test("a run goes on while anything is left to do, and ends by its worst", () => {
  expect(runOutcome({ succeeded: 3, waiting: 1 })).toBeNull();
  expect(runOutcome({ failed: 1, running: 1 })).toBeNull();
  expect(runOutcome({ succeeded: 3 })).toBe("succeeded");
  expect(runOutcome({ succeeded: 3, skipped: 1 })).toBe("succeeded");
  expect(runOutcome({ succeeded: 3, failed: 1, skipped: 1 })).toBe("failed");
  expect(runOutcome({ failed: 1, cancelled: 1 })).toBe("cancelled");
  expect(runOutcome({})).toBe("succeeded");
});

test("nothing leaves succeeded, and only what has begun can succeed", () => {
  for (const state of tableRunStates) {
    expect(mayMove("succeeded", state)).toBe(false);
    expect(mayMove(state, "succeeded")).toBe(state === "running");
    const isOpen = ["waiting", "ready", "running"].includes(state);
    expect(mayMove(state, "cancelled")).toBe(isOpen);
  }
});

test("each kind of table goes through its steps in order", () => {
  const steps = (kind: "summary" | "import" | "external", deliveries: Deliveries) => {
    const all: string[] = [];
    for (
      let step: ReturnType<typeof nextStep> = firstStep(kind);
      step;
      step = nextStep(deliveries, step)
    ) {
      all.push(step);
    }
    return all.join(" ");
  };
  const none = { extract: false, exportDatabaseId: null, sheet: false };
  const all = { extract: true, exportDatabaseId: 1, sheet: true };
  // As a daemon of before stored it.
  expect(steps("summary", { extract: false })).toBe("query");
  expect(steps("summary", { ...none, extract: true })).toBe("query extract");
  expect(steps("import", { ...none, extract: true })).toBe("import load extract");
  expect(steps("external", none)).toBe("upload load");
  expect(steps("summary", all)).toBe("query extract stage export sheet");
  expect(steps("import", { ...all, extract: false })).toBe("import load stage export sheet");
  expect(steps("external", { ...none, sheet: true })).toBe("upload load sheet");
});
