/** What is to be done every `periodMs`, or as soon as somebody asks for it, by a loop that runs oftener. */
export function createDue(periodMs: number) {
  let dueMs = 0;
  return {
    /** Whether it is due; it counts as done from here on. */
    take(): boolean {
      const nowMs = performance.now();
      if (nowMs < dueMs) return false;
      dueMs = nowMs + periodMs;
      return true;
    },
    /** At the next look; also where what was taken has failed. */
    ask() {
      dueMs = 0;
    },
  };
}
