/**
 * Owns the lines of a build's log as CodeBuild writes them: `[Container] 2021/08/27 12:27:30 Running command …` between what the
 * commands print. What came from the parameter store is shown as `***`: data-protection.html of the user guide.
 */
import type { LogEvent, LogSink } from './ports';

/** Well below what PutLogEvents takes at once: 1 MB, 10,000 events. */
const FLUSH_BYTES = 64 * 1024;
const FLUSH_EVENTS = 5_000;

export interface BuildLog {
  /** A line of CodeBuild's own. */
  readonly note: (text: string) => void;
  /** What a command printed: any piece of it. */
  readonly output: (text: string) => void;
  readonly hide: (value: string) => void;
  /** Everything that was said is where it can be read. */
  flush(): Promise<void>;
}

export function createBuildLog(sink: LogSink, group: string, stream: string, now: () => number): BuildLog {
  const hidden: string[] = [];
  let pending: LogEvent[] = [];
  let pendingBytes = 0;
  let rest = '';
  let written: Promise<void> = Promise.resolve();
  const send = () => {
    const events = pending;
    pending = [];
    pendingBytes = 0;
    if (events.length > 0) written = written.then(() => sink.write(group, stream, events));
    return written;
  };
  const line = (text: string) => {
    const message = `${hidden.reduce((shown, value) => shown.replaceAll(value, '***'), text)}\n`;
    pending.push({ timestamp: now(), message });
    pendingBytes += message.length;
    if (pendingBytes > FLUSH_BYTES || pending.length >= FLUSH_EVENTS) send().catch(() => undefined); // Met by the next flush.
  };
  const endLine = () => {
    if (rest !== '') line(rest);
    rest = '';
  };
  return {
    note(text) {
      endLine();
      line(`[Container] ${new Date(now()).toISOString().slice(0, 19).replace(/-/g, '/').replace('T', ' ')} ${text}`);
    },
    output(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(line);
      if (pendingBytes > 0) send().catch(() => undefined); // Somebody may be watching.
    },
    hide: (value) => {
      if (value !== '') hidden.push(value);
    },
    flush() {
      endLine();
      return send();
    },
  };
}
