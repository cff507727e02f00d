import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { connectCloud } from "../../test/support/engine-deps.ts";

/** Paths of the objects' files, in their order. */
export async function downloadObjects(
  cloudUrl: string,
  names: string[],
  directory: string,
): Promise<string[]> {
  const { objectStore } = await connectCloud(cloudUrl);
  await mkdir(directory, { recursive: true });
  const paths = names.map((_, at) => join(directory, `object-${at}`));
  for (const [at, path] of paths.entries()) await objectStore.download(names[at] ?? "", path, {});
  return paths;
}
