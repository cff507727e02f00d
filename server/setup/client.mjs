// `maestro/client`: the sources where they are, as in a clone, and else what was built of them.
import { existsSync } from "node:fs";

const source = new URL("../script-client/create-maestro-client.ts", import.meta.url);
const built = new URL("../../dist/server/create-maestro-client.js", import.meta.url);

export const { createMaestroClient } = await import(existsSync(source) ? source.href : built.href);
