/** What Lambda loads as `sweep`: the handler on the ports of AWS, composed at the cold start. */
import { composeSweep } from '../compose';
import { createHandler } from '../handlers/sweep';

export const handler = createHandler(composeSweep(process.env));
