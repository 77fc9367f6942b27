/** An absent property and one that is undefined are not the same to a reader of data. */
export function optional<K extends string, V>(key: K, value: V | undefined): Readonly<Partial<Record<K, V>>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
