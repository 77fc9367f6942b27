/** What Lambda loads as `status`: the handler on the ports of AWS, composed at the cold start. */
import { composeStatus } from '../compose';
import { createHandler } from '../handlers/status';

export const handler = createHandler(composeStatus(process.env));
