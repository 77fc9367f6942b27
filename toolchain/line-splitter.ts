/** Cuts what a tool writes into lines for the log, wherever its chunks end. */

/** Passes over blank lines. @param log gets each line without its end; what has none comes with `end()` */
export function lineSplitter(log: (line: string) => void): { push(chunk: Uint8Array): void; end(): void } {
  const decoder = new TextDecoder();
  let rest = '';
  return {
    push(chunk) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
      rest = parts.pop() ?? '';
      for (const line of parts) if (line.trim() !== '') log(line);
    },
    end() {
      if (rest.trim() !== '') log(rest);
    },
  };
}
