/** A subscriber of a deployment's topic, on loopback: a build's end can be awaited, by whichever way it was settled. */
import '../../allow-network';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ConfirmSubscriptionCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import type { MiniStack } from './ministack';

export interface Notice {
  readonly subject: string;
  readonly message: string;
  readonly buildId: string;
  readonly status: string;
}

export interface NoticeListener {
  readonly notices: readonly Notice[];
  /** Resolves with the first notice of a build. */
  noticeOf(buildId: string): Promise<Notice>;
  listenTo(topicArn: string): Promise<void>;
  close(): Promise<void>;
}

interface Delivery {
  readonly Type: string;
  readonly TopicArn: string;
  readonly Token?: string;
  readonly Subject?: string;
  readonly Message?: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Value: string }>>;
}

export async function createNoticeListener(cloud: MiniStack): Promise<NoticeListener> {
  const sns = new SNSClient(cloud.clientConfig);
  const notices: Notice[] = [];
  const waiting = new Map<string, ((notice: Notice) => void)[]>();
  const confirmations = new Map<string, (token: string) => void>();
  const take = ({ Type, TopicArn, Token = '', Subject = '', Message = '', MessageAttributes = {} }: Delivery) => {
    if (Type === 'SubscriptionConfirmation') {
      confirmations.get(TopicArn)?.(Token);
      return;
    }
    const { buildId, status } = MessageAttributes;
    if (buildId === undefined) return; // An alarm's.
    const notice = { subject: Subject, message: Message, buildId: buildId.Value, status: status?.Value ?? '' };
    notices.push(notice);
    for (const tell of waiting.get(notice.buildId) ?? []) tell(notice);
    waiting.delete(notice.buildId);
  };
  const server = http.createServer((request, response) => {
    text(request).then(
      (body) => {
        response.end();
        take(JSON.parse(body) as Delivery);
      },
      // The emulator was stopped while it delivered: nobody waits for the rest.
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    notices,
    noticeOf(buildId) {
      const there = notices.find((notice) => notice.buildId === buildId);
      if (there !== undefined) return Promise.resolve(there);
      return new Promise((resolve) => waiting.set(buildId, [...(waiting.get(buildId) ?? []), resolve]));
    },
    async listenTo(topicArn) {
      const told = new Promise<string>((resolve) => confirmations.set(topicArn, resolve));
      await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'http', Endpoint: endpoint }));
      await sns.send(new ConfirmSubscriptionCommand({ TopicArn: topicArn, Token: await told }));
    },
    async close() {
      sns.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
