/** What Lambda loads as `distributions`: the handler on the ports of AWS, composed at the cold start. */
import { composeDistributions } from '../compose';
import { createHandler } from '../handlers/distributions';

export const handler = createHandler(composeDistributions(process.env));
