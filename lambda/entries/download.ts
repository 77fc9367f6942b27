/** What Lambda loads as `download`: the handler on the ports of AWS, composed at the cold start. */
import { composeDownload } from '../compose';
import { createHandler } from '../handlers/download';

export const handler = createHandler(composeDownload(process.env));
