/** What the command line may say behind a verb: an option with a value, or without one. */
export interface Option {
  /** The word for its value in the help, such as `N`; without one, the option takes none. */
  readonly value?: string;
  /** Whether it may be given several times. */
  readonly several?: boolean;
  readonly about: string;
}

/** The arguments of a verb, checked against its options. */
export interface Arguments {
  /** The config that is named; undefined where none is. */
  readonly config: string | undefined;
  /** The values of options, in their order; an option without a value has an empty text. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  /** What follows `--`. */
  readonly rest: readonly string[];
}

/** One verb of the command line. */
export interface Verb {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** What it takes; `[config]` by default. */
  readonly takes?: string;
  readonly options: Readonly<Record<string, Option>>;
  /**
   * Does it.
   *
   * @returns the exit code
   */
  run(args: Arguments): Promise<number>;
}

/** The command line is wrong; the message says what would be right. */
export class UsageError extends Error {}
