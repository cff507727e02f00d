import { setTimeout as delay } from "node:timers/promises";

/*
 * Server-sent events (WHATWG HTML, 9.2) by fetch, as Node has no EventSource, and none of a browser sends
 * a token.
 *
 * connecting → open, with every answer of 200; back to connecting when the stream ends or breaks, with a
 * pause that doubles up to half a minute; closed by `close`, and by an answer that a later attempt would
 * get as well.
 */

export interface StreamOptions {
  headers: Record<string, string>;
  fetch: typeof fetch;
}

type Listener = (event: object) => void;

const firstPauseMs = 500;
const longestPauseMs = 30_000;
/** Where the one asked says that it cannot just now. */
const passing = new Set([408, 429, 500, 502, 503, 504]);

class StreamEvent extends Event {
  readonly data: string;
  readonly lastEventId: string;

  constructor(type: string, data: string, lastEventId: string) {
    super(type);
    this.data = data;
    this.lastEventId = lastEventId;
  }
}

/** As much of an EventSource as tRPC asks for. */
export class EventStream {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;
  readyState = 0;
  readonly #target = new EventTarget();
  readonly #closing = new AbortController();
  #lastEventId = "";

  constructor(url: string, options: StreamOptions) {
    void this.#run(url, options);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#target.addEventListener(type, listener);
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#target.removeEventListener(type, listener);
  }

  close(): void {
    this.readyState = this.CLOSED;
    this.#closing.abort();
  }

  async #run(url: string, options: StreamOptions): Promise<void> {
    let pauseMs = firstPauseMs;
    while (this.readyState !== this.CLOSED) {
      const fault = await this.#readOnce(url, options);
      if (this.#closing.signal.aborted) return;
      if (this.readyState === this.OPEN) pauseMs = firstPauseMs;
      this.readyState = fault.isLasting ? this.CLOSED : this.CONNECTING;
      this.#target.dispatchEvent(Object.assign(new Event("error"), { message: fault.message }));
      if (fault.isLasting) return;
      await delay(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    }
  }

  /** Until the stream ends; why. */
  async #readOnce(
    url: string,
    { headers, fetch }: StreamOptions,
  ): Promise<{ message: string; isLasting: boolean }> {
    try {
      const answer = await fetch(url, {
        headers: {
          accept: "text/event-stream",
          ...(this.#lastEventId === "" ? {} : { "last-event-id": this.#lastEventId }),
          ...headers,
        },
        signal: this.#closing.signal,
      });
      const isStream = answer.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
      if (!answer.body || !isStream) {
        await answer.body?.cancel();
        return { message: `it answered ${answer.status}`, isLasting: !passing.has(answer.status) };
      }
      this.readyState = this.OPEN;
      this.#target.dispatchEvent(new Event("open"));
      await this.#readBlocks(answer.body);
      return { message: "the stream ended", isLasting: false };
    } catch (error) {
      return { message: error instanceof Error ? error.message : String(error), isLasting: false };
    }
  }

  async #readBlocks(body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      rest += decoder.decode(chunk, { stream: true });
      const blocks = rest.split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) this.#dispatch(block);
    }
  }

  #dispatch(block: string): void {
    let type = "message";
    const data: string[] = [];
    for (const line of block.split(/\r?\n/)) {
      const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === "data") data.push(value);
      else if (field === "event") type = value;
      else if (field === "id") this.#lastEventId = value;
    }
    // tRPC's own events, such as its pings, may carry nothing.
    if (data.length === 0 && type === "message") return;
    this.#target.dispatchEvent(new StreamEvent(type, data.join("\n"), this.#lastEventId));
  }
}
