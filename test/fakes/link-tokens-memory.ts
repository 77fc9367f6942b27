/** Link tokens in memory, for tests of use-cases. */
import type { LinkTokens } from '../../core/ports/link-tokens';

export interface MemoryLinkTokens extends LinkTokens {
  /** The distributions of an application whose tokens are kept. */
  kept(name: string): readonly string[];
}

export function createMemoryLinkTokens(): MemoryLinkTokens {
  const tokens = new Map<string, string>();
  const keysOf = (name: string) => [...tokens.keys()].filter((key) => key.startsWith(`${name}/`));
  return {
    kept: (name) => keysOf(name).map((key) => key.slice(name.length + 1)),
    read: (name, distId) => Promise.resolve(tokens.get(`${name}/${distId}`)),
    write: (name, distId, token) => Promise.resolve(void tokens.set(`${name}/${distId}`, token)),
    forget: (name, distId) => Promise.resolve(void tokens.delete(`${name}/${distId}`)),
  };
}
