/**
 * Owns when functions run that nobody calls: on a state change of this stage's projects, and every ten minutes for what no event
 * told of. What cannot be delivered goes to the function's dead-letter queue.
 */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import type { Functions } from './functions';

const SWEEP_MINUTES = 10;

export function createBuildEvents(scope: Construct, functions: Functions, projectNames: readonly string[]): void {
  const targetOf = (name: 'build-finished' | 'sweep', maxEventAge: Duration) =>
    new LambdaTarget(functions.get(name).lambda, { deadLetterQueue: functions.deadLetters[name].queue, maxEventAge, retryAttempts: 8 });
  new Rule(scope, 'BuildStateChanged', {
    description: 'A build of this stage has changed its state',
    // https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html
    eventPattern: {
      source: ['aws.codebuild'],
      detailType: ['CodeBuild Build State Change'],
      detail: { 'project-name': [...projectNames] },
    },
    targets: [targetOf('build-finished', Duration.hours(6))],
  });
  new Rule(scope, 'EveryTenMinutes', {
    description: 'Looks after open builds and expired links',
    schedule: Schedule.rate(Duration.minutes(SWEEP_MINUTES)),
    // The next one does what this one could not.
    targets: [targetOf('sweep', Duration.minutes(SWEEP_MINUTES))],
  });
}
