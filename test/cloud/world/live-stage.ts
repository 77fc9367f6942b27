/** A stage of the real app for a suite: deployed once into an emulator of its own, listened to, and gone with the suite. */
import { startCloudWorld, type CloudWorld, type CloudWorldOptions } from './cloud-world';
import { deployStage, type Deployment } from './deployment';
import { createNoticeListener, type NoticeListener } from './notice-listener';
import { makeTinyProject, type TinyProject, type TinyProjectOptions } from './tiny-project';

export interface LiveStage {
  readonly world: CloudWorld;
  readonly deployment: Deployment;
  readonly listener: NoticeListener;
  /** Removed with the suite. */
  project(options?: TinyProjectOptions): TinyProject;
  /** Starts a build of a project. @returns its id */
  start(project: TinyProject, options?: readonly string[]): Promise<string>;
  /** A build that has ended and was told of. @returns its id */
  built(project: TinyProject, options?: readonly string[]): Promise<string>;
}

/**
 * Call it once in a suite, outside of its tests; what it returns is filled before the first of them runs.
 * @param settings the text of a slipway-deployment.yaml, but for the stage
 */
export function useLiveStage(stage = 'prod', settings?: string, options?: CloudWorldOptions): LiveStage {
  const projects: TinyProject[] = [];
  let made: { readonly world: CloudWorld; readonly deployment: Deployment; readonly listener: NoticeListener } | undefined;
  const ends: (() => Promise<void> | void)[] = [];
  beforeAll(async () => {
    const world = await startCloudWorld(options);
    ends.push(() => world.stop());
    const deployment = await deployStage(world, stage, settings);
    ends.push(() => deployment.remove());
    const listener = await createNoticeListener(world.cloud);
    ends.push(() => listener.close());
    await listener.listenTo(deployment.topicArn);
    made = { world, deployment, listener };
  });
  afterAll(async () => {
    for (const project of projects) project.remove();
    for (const end of ends.reverse()) await end();
  });
  const live = () => {
    if (made === undefined) throw new Error('the stage is not deployed yet');
    return made;
  };
  const start = async (project: TinyProject, options: readonly string[] = []) => {
    const { build } = await live().deployment.call<{ build: { buildId: string } }>(['start-build', ...options], { cwd: project.directory });
    return build.buildId;
  };
  return {
    get world() {
      return live().world;
    },
    get deployment() {
      return live().deployment;
    },
    get listener() {
      return live().listener;
    },
    project(options) {
      const project = makeTinyProject(options);
      projects.push(project);
      return project;
    },
    start,
    async built(project, options) {
      const buildId = await start(project, options);
      await live().listener.noticeOf(buildId);
      return buildId;
    },
  };
}
