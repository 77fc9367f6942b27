import { gateRequestOfEvent } from '../../lambda/gate-event';

const event = (requestContext: Readonly<Record<string, unknown>>) => ({
  version: '2.0',
  rawPath: '/d/x',
  rawQueryString: '',
  headers: { host: 'spoofed.example.org' },
  requestContext: { http: { method: 'GET', sourceIp: '203.0.113.7' }, ...requestContext },
});

test.each([
  ['abc123.execute-api.eu-central-1.amazonaws.com', 'https://abc123.execute-api.eu-central-1.amazonaws.com'],
  ['downloads.example.org', 'https://downloads.example.org'],
])('the gate was reached at the domain that the API names: %s', (domainName, baseUrl) => {
  expect(gateRequestOfEvent(event({ domainName }))?.baseUrl).toBe(baseUrl);
});

test('never at what a header says', () => {
  expect(gateRequestOfEvent(event({}))).not.toHaveProperty('baseUrl');
  expect(gateRequestOfEvent(event({ domainName: "x'; id" }))).not.toHaveProperty('baseUrl');
});
