/** One part of a running daemon, in the order of the start. */
interface Part {
  name: string;
  /** What it still has to end, in words; nothing if it is idle. */
  busy(): string | undefined;
  stop(deadlineMs: number): Promise<void>;
}

/** What was started, so that it can be stopped in the reverse order, each part awaited. */
export class Parts {
  readonly #parts: Part[] = [];

  /** Notes a part that runs, and gives it back. */
  add<T>(
    name: string,
    part: T,
    stop: (part: T, deadlineMs: number) => Promise<void>,
    busy: (part: T) => string | undefined = () => undefined,
  ): T {
    this.#parts.push({ name, busy: () => busy(part), stop: (deadlineMs) => stop(part, deadlineMs) });
    return part;
  }

  /** @param onWait told what is being waited for */
  async stop(deadlineMs: number, onWait: (part: string) => void = () => {}): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      const busy = part.busy();
      onWait(busy === undefined ? part.name : `${part.name} (${busy})`);
      await part.stop(deadlineMs);
    }
  }
}
