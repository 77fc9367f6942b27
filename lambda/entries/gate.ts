/** What Lambda loads as `gate`: the handler on the ports of AWS, composed at the cold start. */
import { composeGate } from '../compose';
import { createHandler } from '../handlers/gate';

export const handler = createHandler(composeGate(process.env));
