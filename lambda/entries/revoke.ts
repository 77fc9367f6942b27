/** What Lambda loads as `revoke`: the handler on the ports of AWS, composed at the cold start. */
import { composeRevoke } from '../compose';
import { createHandler } from '../handlers/revoke';

export const handler = createHandler(composeRevoke(process.env));
