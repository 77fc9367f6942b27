/** What Lambda loads as `build-finished`: the handler on the ports of AWS, composed at the cold start. */
import { composeBuildFinished } from '../compose';
import { createHandler } from '../handlers/build-finished';

export const handler = createHandler(composeBuildFinished(process.env));
