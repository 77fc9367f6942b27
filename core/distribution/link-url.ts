/** Owns the address of a link: where the gate is reached, and the token behind it. */
import { parseAddress } from './addresses/address-range';
import { SlipwayError } from '../slipway-error';

/**
 * Reads where a gate is reached, as a person typed it.
 * @returns without a slash at the end
 * @throws SlipwayError `base-url-invalid`
 */
export function gateBaseUrl(typed: string): string {
  const url = URL.canParse(typed) ? new URL(typed) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isHttp || url.search + url.hash + url.username + url.password !== '') {
    throw new SlipwayError('base-url-invalid', `'${withoutCredentials(typed)}' is no address of a gate`, {
      hint: 'use --base-url with something like http://192.168.1.20:8722 or https://downloads.example.org',
    });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** RFC 9110, 7.2: a name or an address, and a port. Names with underscores are none of the DNS, and people have them all the same. */
const HOST = /^(?<name>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?|\[(?<v6>[0-9A-Fa-f:.]{2,45})\])(?::(?<port>[0-9]{1,5}))?$/;

/**
 * Where a caller reached the gate, by what the request says itself. It is the caller's own text: what is not a host to the letter is none.
 * @param host as in the header of that name
 * @returns without a slash at the end; undefined for what is no host
 */
export function baseUrlOfHost(scheme: 'http' | 'https', host: string | undefined): string | undefined {
  const { name, v6, port } = HOST.exec(host ?? '')?.groups ?? {};
  if (name === undefined || name.includes('..')) return undefined;
  if (v6 !== undefined && parseAddress(v6)?.family !== 6) return undefined;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return undefined;
  return `${scheme}://${name.toLowerCase()}${port === undefined ? '' : `:${Number(port)}`}`;
}

export function linkUrl(baseUrl: string, token: string): string {
  return `${baseUrl}/d/${token}`;
}

function withoutCredentials(typed: string): string {
  return typed.replace(/\/\/[^/@]*@/, '//***@');
}
