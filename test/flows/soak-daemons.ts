import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";

/** How many of the last lines of a daemon's log tell of its death. */
const lastLines = 20;

/** Daemons as processes, one for each slot, whose log goes to a file. */
export function startSoakDaemons(logFile: string) {
  const output = createWriteStream(logFile);
  const daemons = new Map<string, ChildProcess>();
  const deaths: string[] = [];
  let isClosing = false;

  const kill = (slot: string) => {
    const daemon = daemons.get(slot);
    daemons.delete(slot);
    daemon?.kill("SIGKILL");
    return daemon;
  };

  return {
    /** Of those that ended by themselves: how, and what they logged last. */
    deaths,
    start(slot: string, { name, engine, parameters }: DaemonOptions) {
      const daemon = fork(engine, [...parameters, name], {
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        execArgv: [],
      });
      daemons.set(slot, daemon);
      daemon.stderr?.pipe(output, { end: false });
      let log = "";
      daemon.stderr?.on("data", (text) => {
        log = `${log}${text}`
          .split("\n")
          .slice(-lastLines - 1)
          .join("\n");
      });
      // On close, and not on exit: only then all of its log has been read.
      daemon.once("close", (code, signal) => {
        const isStruck = isClosing || daemons.get(slot) !== daemon;
        if (!isStruck) deaths.push(`${name} ended with ${signal ?? code}\n${log}`);
      });
    },
    kill,
    async close() {
      isClosing = true;
      for (const slot of [...daemons.keys()]) {
        const daemon = kill(slot);
        if (daemon && daemon.exitCode === null && daemon.signalCode === null) {
          await once(daemon, "close");
        }
      }
      output.end();
      await finished(output);
    },
  };
}

interface DaemonOptions {
  name: string;
  engine: URL;
  /** Those before its name. */
  parameters: string[];
}
