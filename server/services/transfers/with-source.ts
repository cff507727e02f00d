import type { Source } from "../../connectors/source.ts";

/** Closes what `open` opens, however the work ends, and puts its faults in words. */
export async function withSource<T>(
  open: () => Promise<Source>,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const source = await open();
  try {
    return await work(source);
  } catch (error) {
    throw source.describeFault(error);
  } finally {
    await source.close();
  }
}
