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
  /** What the verb asks for, in its order. */
  readonly words: readonly string[];
  /** What follows `--`. */
  readonly rest: readonly string[];
}

/** One verb of the command line. */
export interface Verb {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** What stands behind it, as words for the help; `[…]` may be left out, and of `[X…]`, at the end, there may be several. By default a config, which may be left out, too. */
  readonly words?: readonly string[];
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

/**
 * The value of an option that is a number above 0; undefined where it is not given.
 *
 * @param whole whether it must be a whole one
 * @throws UsageError when it is none
 */
export function numberOf({ options }: Arguments, name: string, whole: boolean): number | undefined {
  const text = options.get(name)?.[0];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !(value > 0) || value === Infinity || (whole && !Number.isInteger(value))) {
    throw new UsageError(`--${name} must be ${whole ? "a whole number" : "a number"} above 0, not ${JSON.stringify(text)}`);
  }
  return value;
}
