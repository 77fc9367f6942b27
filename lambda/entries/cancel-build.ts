/** What Lambda loads as `cancel-build`: the handler on the ports of AWS, composed at the cold start. */
import { composeCancelBuild } from '../compose';
import { createHandler } from '../handlers/cancel-build';

export const handler = createHandler(composeCancelBuild(process.env));
