/** What Lambda loads as `distribute`: the handler on the ports of AWS, composed at the cold start. */
import { composeDistribute } from '../compose';
import { createHandler } from '../handlers/distribute';

export const handler = createHandler(composeDistribute(process.env));
