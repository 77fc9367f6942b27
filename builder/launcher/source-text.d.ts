/** The launcher's C is kept as files of its own language and read as text: by esbuild's loader, and by `test/as-text.mjs` in tests. */
declare module '*.c' {
  const text: string;
  export default text;
}

declare module '*.h' {
  const text: string;
  export default text;
}
