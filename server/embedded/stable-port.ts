import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";

/**
 * A free port of the loopback address, the same one each time while nobody else takes it: addresses
 * that were stored or handed out (a source database's, a signed URL's) stay good after a restart.
 */
export async function chooseStablePort(file: string): Promise<number> {
  const remembered = Number(await readFile(file, "utf8").catch(() => "0"));
  const isUsable = Number.isInteger(remembered) && remembered > 0 && remembered < 65_536;
  const port = (isUsable ? await tryPort(remembered) : null) ?? (await tryPort(0));
  if (port === null) throw new Error("no port of 127.0.0.1 is free");
  await writeFile(file, String(port));
  return port;
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(null));
    probe.listen(port, "127.0.0.1", () => {
      const address = probe.address();
      const bound = typeof address === "object" && address ? address.port : null;
      probe.close(() => resolve(bound));
    });
  });
}
