import fc from 'fast-check';
import { createReadyProtocol, type ProtocolEvent, type ReadyExpectation } from '../../../builder/handshake/ready-protocol';

const line: ReadyExpectation = { kind: 'line', line: 'READY' };
const json: ReadyExpectation = { kind: 'json', key: 'port' };

function feed(expectation: ReadyExpectation, chunks: readonly (string | Uint8Array)[]): readonly ProtocolEvent[] {
  const protocol = createReadyProtocol(expectation);
  return chunks.flatMap((chunk) => protocol.push(Buffer.from(chunk)));
}

test.each<[string, ReadyExpectation, readonly string[], readonly ProtocolEvent[]]>([
  ['a line', line, ['READY\n'], [{ kind: 'ready' }]],
  ['with CRLF', line, ['READY\r\n'], [{ kind: 'ready' }]],
  ['split over two writes', line, ['REA', 'DY\n'], [{ kind: 'ready' }]],
  ['split before the line end', line, ['READY', '\r', '\n'], [{ kind: 'ready' }]],
  ['sharing a chunk with others', line, ['boot\nREADY\nserving\n'], [{ kind: 'ready' }]],
  ['with more behind it', line, ['READY 4711\n'], [{ kind: 'ready' }]],
  ['each time that it comes', line, ['READY\nREADY\n', 'READY\n'], [{ kind: 'ready' }, { kind: 'ready' }, { kind: 'ready' }]],
  [
    'the other words of a sidecar',
    line,
    ['BOOT sidecar=x version=1.4.0\r\nREADY\nHEARTBEAT\nHEARTBEAT 2\nBOOTS\nSHUTDOWN reason=signal\n'],
    [
      { kind: 'boot', words: 'sidecar=x version=1.4.0' },
      { kind: 'ready' },
      { kind: 'heartbeat' },
      { kind: 'heartbeat' },
      { kind: 'shutdown', words: 'reason=signal' },
    ],
  ],
  [
    'the same beside a port',
    json,
    ['BOOT\n{"port":1}\nSHUTDOWN\n'],
    [
      { kind: 'boot', words: '' },
      { kind: 'ready', port: 1 },
      { kind: 'shutdown', words: '' },
    ],
  ],
  ['not ended', line, ['READY'], []],
  ['a longer word', line, ['READYING\n', 'NOT READY\n', ' READY\n'], []],
  ['a port', json, ['{"port": 4711}\n'], [{ kind: 'ready', port: 4711 }]],
  ['a port among others', json, ['log\n{"level":"info"}\n{"pid":1,"port":80}\n'], [{ kind: 'ready', port: 80 }]],
  ['log lines with braces', json, ['{not json}\n', '{"port": 1}\n'], [{ kind: 'ready', port: 1 }]],
  ['a list or a word', json, ['[1]\n', '"port"\n', 'null\n', '4711\n'], []],
])('%s', (_what, expectation, chunks, events) => {
  expect(feed(expectation, chunks)).toEqual(events);
});

test.each([
  ['port-zero', '{"port": 0}', '\'port\' is 0: it printed what it asked for, not what the system gave it: {"port": 0}'],
  ['malformed-json', '{"port": -1}', '\'port\' is no port from 1 to 65535: {"port": -1}'],
  ['malformed-json', '{"port": "4711"}', '\'port\' is no port from 1 to 65535: {"port": "4711"}'],
  ['malformed-json', '{"port": 1.5}', '\'port\' is no port from 1 to 65535: {"port": 1.5}'],
  ['malformed-json', '{"port": 65536}', '\'port\' is no port from 1 to 65535: {"port": 65536}'],
  ['malformed-json', '{"port": 47', 'malformed JSON: {"port": 47'],
])('%s: %s', (fault, text, reason) => {
  expect(feed(json, [`${text}\n`])).toEqual([{ kind: 'unusable', fault, reason }]);
});

test('the last line counts without an end once the stream has ended', () => {
  const protocol = createReadyProtocol(line);
  expect(protocol.push(Buffer.from('READY'))).toEqual([]);
  expect(protocol.unfinishedLine).toBe('READY');
  expect(protocol.end()).toEqual([{ kind: 'ready' }]);
  expect(protocol.end()).toEqual([]);
});

test('a line without end does not fill the memory', () => {
  const protocol = createReadyProtocol(line);
  for (let count = 0; count < 40; count++) protocol.push(Buffer.alloc(100_000, 'x'));
  expect(protocol.unfinishedLine.length).toBeLessThanOrEqual(1024 * 1024);
  expect(protocol.push(Buffer.from('\nREADY\n'))).toEqual([{ kind: 'ready' }]);
});

test('any cut into chunks, also inside a letter, gives the same', () => {
  const bytes = Buffer.from('préparation – 準備\r\n{"a":"ü"}\r\n{"port":4711,"näme":"ö"}\r\nafter\n');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: bytes.length }), { maxLength: 20 }), (cuts) => {
      const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      expect(feed(json, chunks)).toEqual([{ kind: 'ready', port: 4711 }]);
    }),
  );
});
