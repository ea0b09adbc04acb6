/** Waiting between attempts. */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Doubles with each attempt, and differs between clients, so that they do not return all at once. */
export class Backoff {
  #attempts = 0;
  #wake: (() => void) | undefined;

  /** `atLeast` is what the server demanded. */
  async wait(atLeast = 0): Promise<void> {
    const longest = Math.min(FIRST_MS * 2 ** this.#attempts, LONGEST_MS);
    this.#attempts += 1;
    await this.#sleep(Math.max(atLeast, longest * (0.5 + Math.random() / 2)));
  }

  /** Ends the present wait: the network is back, or the situation changed. */
  wake(): void {
    this.#wake?.();
  }

  reset(): void {
    this.#attempts = 0;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
