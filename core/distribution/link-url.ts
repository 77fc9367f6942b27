/** Owns the address of a link: where the gate is reached, and the token behind it. */
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

export function linkUrl(baseUrl: string, token: string): string {
  return `${baseUrl}/d/${token}`;
}

function withoutCredentials(typed: string): string {
  return typed.replace(/\/\/[^/@]*@/, '//***@');
}
