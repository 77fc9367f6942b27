/** Scripts are kept as files of their own language and read as text: by esbuild's loader, and by `test/as-text.mjs` in tests. */
declare module '*.sh' {
  const text: string;
  export default text;
}

declare module '*.ps1' {
  const text: string;
  export default text;
}
