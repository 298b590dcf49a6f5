import { LinkError } from "../../errors.ts";

/** {@link HeartbeatOptions} with all defaults, in ms. */
export interface HeartbeatSettings {
  readonly interval: number;
  readonly timeout: number;
  readonly ttl: number;
}

/** Ms between the end of a limit and the verdict: what came while the loop was busy is read first. */
const grace = 25;

/** Notices a peer that has fallen silent. Whatever comes from it is a sign of life. */
export class Heartbeat {
  readonly #settings: HeartbeatSettings | undefined;
  readonly #dead: (reason: Error) => void;
  readonly #asking: ReturnType<typeof setInterval> | undefined;
  #checking: ReturnType<typeof setTimeout> | undefined;
  #heardAt = performance.now();
  #askedAt = -Infinity;
  #ttl = Infinity;
  #suspicious = false;

  /**
   * @param settings undefined: asks nothing, and only does what the peer asks for
   * @param ask sends a PING
   * @param dead called once, when nothing came for too long
   */
  constructor(settings: HeartbeatSettings | undefined, ask: () => void, dead: (reason: Error) => void) {
    this.#settings = settings;
    this.#dead = dead;
    if (settings === undefined) return;
    this.#asking = setInterval(() => {
      if (this.#askedAt <= this.#heardAt) this.#askedAt = performance.now();
      ask();
      this.#checking ??= this.#checkIn(settings.timeout);
    }, settings.interval);
  }

  /** Something came. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /** The peer wants to be given up when nothing comes from it for so long, in ms. */
  obey(ttl: number): void {
    this.#ttl = ttl;
    clearTimeout(this.#checking);
    this.#checking = this.#checkIn(this.#left());
  }

  /** Ends. */
  stop(): void {
    clearInterval(this.#asking);
    clearTimeout(this.#checking);
  }

  /** Ms that are left to the peer; `Infinity` where nothing is awaited. */
  #left(): number {
    const own = this.#askedAt > this.#heardAt ? this.#askedAt + this.#settings!.timeout : Infinity;
    return Math.min(own, this.#heardAt + this.#ttl) - performance.now();
  }

  #checkIn(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#check(), Math.max(0, ms));
  }

  #check(): void {
    const left = this.#left();
    if (left > 0) {
      this.#suspicious = false;
      this.#checking = left === Infinity ? undefined : this.#checkIn(left);
    } else if (!this.#suspicious) {
      this.#suspicious = true;
      this.#checking = this.#checkIn(grace);
    } else {
      this.stop();
      this.#dead(new LinkError(`it has been silent for ${Math.round(performance.now() - this.#heardAt)} ms, and counts as dead`));
    }
  }
}
