/** Things by their names; each name may have several. */
export function groups<T extends { readonly name: string }>(entries: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const entry of entries) {
    const list = found.get(entry.name);
    if (list === undefined) found.set(entry.name, [entry]);
    else list.push(entry);
  }
  return found;
}

/** Says each thing once. */
export function once(say: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (said.has(text)) return;
    if (said.size > 25_000) said.clear();
    said.add(text);
    say(text);
  };
}
