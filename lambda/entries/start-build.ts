/** What Lambda loads as `start-build`: the handler on the ports of AWS, composed at the cold start. */
import { composeStartBuild } from '../compose';
import { createHandler } from '../handlers/start-build';

export const handler = createHandler(composeStartBuild(process.env));
