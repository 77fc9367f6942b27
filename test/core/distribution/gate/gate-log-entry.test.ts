/** What the log says of who asked: a class of program, whatever the caller makes of its name. */
import fc from 'fast-check';
import { agentClassOf } from '../../../../core/distribution/gate/gate-log-entry';

test.each([
  ['curl/8.14.1', 'curl'],
  ['Wget/1.25.0', 'wget'],
  ['Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041.4046', 'powershell'],
  ['Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.26100; en-US) PowerShell/7.5.2', 'powershell'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'browser'],
  ['Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', 'preview'],
  ['python-requests/2.32.4', 'other'],
  ['', 'none'],
  [undefined, 'none'],
])('%j is %s', (agent, kind) => {
  expect(agentClassOf({ 'user-agent': agent })).toBe(kind);
});

test('nothing of what a caller says of itself gets into the log', () => {
  const classes = ['browser', 'curl', 'wget', 'powershell', 'preview', 'other', 'none'];
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (agent) => classes.includes(agentClassOf({ 'user-agent': agent }))));
});
