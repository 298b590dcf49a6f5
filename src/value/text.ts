/** Strings that every codec can carry: without lone surrogates. */

/** `String.prototype.isWellFormed` and `toWellFormed` are on every runtime we support, and newer than the compiler's library setting. */
interface Es2024String {
  isWellFormed(): boolean;
  toWellFormed(): string;
}

/** Whether `text` has no lone surrogate. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as Es2024String).isWellFormed();
}

/** `text` with each lone surrogate replaced by U+FFFD. */
export function toWellFormed(text: string): string {
  return (text as unknown as Es2024String).toWellFormed();
}
