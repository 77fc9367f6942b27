/** Owns the meaning of `node.assets`: what one entry names, and where it lies beside the program. Pure. */
import posix from 'node:path/posix';
import { wildmatch } from '../source/wildmatch';

/** A file, a folder or a glob; `to` is a place below the folder of the program. */
export type NodeAsset = string | { readonly from: string; readonly to: string };

const GLOB = /[*?[]/;

export function assetSource(asset: NodeAsset): string {
  return typeof asset === 'string' ? asset : asset.from;
}

export function isGlob(source: string): boolean {
  return GLOB.test(source);
}

/** Whether it comes with the dependencies: then the source archive does not hold it, and the build will. */
export function isOfDependencies(source: string): boolean {
  return posix.normalize(source).split('/').includes('node_modules');
}

/** The folder before the first part of a glob that is a pattern: what it matches lies relative to it. */
export function globBase(source: string): string {
  const parts = posix.normalize(source).split('/');
  const first = parts.findIndex((part) => GLOB.test(part));
  return parts.slice(0, first).join('/') || '.';
}

/** Whether a file, relative to the same folder as the glob, is meant: `*` stops at a slash, `**` takes any number of folders. */
export function matchesGlob(source: string, file: string): boolean {
  return wildmatch(posix.normalize(source), file, true);
}

/**
 * Where a file or folder lies beside the program: under its own name, or where `to` says. A `to` with a slash at its end is a folder
 * that holds it.
 * @param isFolder whether `from` is one: then a `to` is its new name
 */
export function assetPlace(asset: NodeAsset, isFolder: boolean): string {
  const name = posix.basename(posix.normalize(assetSource(asset)));
  if (typeof asset === 'string') return name;
  const target = posix.normalize(asset.to);
  const isInto = !isFolder && (asset.to.endsWith('/') || target === '.');
  return trimmed(isInto ? posix.join(target, name) : target);
}

/** Where one match of a glob lies: relative to the glob's own folder, below `to`. */
export function matchPlace(asset: NodeAsset, file: string): string {
  const inner = posix.relative(globBase(assetSource(asset)), file);
  return trimmed(typeof asset === 'string' ? inner : posix.join(asset.to, inner));
}

function trimmed(place: string): string {
  return posix.normalize(place).replace(/\/$/, '');
}
