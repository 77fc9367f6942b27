/** An absent property and one that is undefined are not the same to a reader of data. */
export function optional<K extends string, V>(key: K, value: V | undefined): Readonly<Partial<Record<K, V>>> {
  const entries: readonly (readonly [K, V])[] = value === undefined ? [] : [[key, value]];
  return Object.fromEntries(entries) as Partial<Record<K, V>>;
}
