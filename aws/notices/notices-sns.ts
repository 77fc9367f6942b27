/** The Notices port on an SNS topic: one message per build that has ended. What it says stands in `build-notice.ts`. */
import { PublishCommand, type MessageAttributeValue, type SNSClient } from '@aws-sdk/client-sns';
import { buildStatus, jobsOf } from '../../core/build/build-record';
import type { Notices } from '../../core/ports/notices';
import { awsFailure } from '../aws-failure';
import { noticeBody, noticeSubject } from './build-notice';

export interface SnsNoticesOptions {
  readonly client: Pick<SNSClient, 'send'>;
  readonly topicArn: string;
  readonly stage: string;
}

export function createSnsNotices({ client, topicArn, stage }: SnsNoticesOptions): Notices {
  return {
    async buildEnded(record) {
      const attributes = {
        event: text('build-ended'),
        stage: text(stage),
        name: text(record.name),
        buildId: text(record.buildId),
        status: text(buildStatus(record)),
        platforms: { DataType: 'String.Array', StringValue: JSON.stringify(jobsOf(record).map(([platform]) => platform)) },
      };
      try {
        await client.send(
          new PublishCommand({
            TopicArn: topicArn,
            Subject: noticeSubject(record, stage),
            Message: noticeBody(record, stage),
            // A subscription can filter by them.
            MessageAttributes: attributes,
          }),
        );
      } catch (thrown) {
        throw awsFailure(thrown, { service: 'SNS', operation: `Publish to '${topicArn}'` });
      }
    },
  };
}

function text(StringValue: string): MessageAttributeValue {
  return { DataType: 'String', StringValue };
}
