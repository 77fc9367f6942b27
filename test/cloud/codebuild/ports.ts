/** What the stand-in for CodeBuild needs from its surroundings, so that it runs beside an emulator and all by itself. */

export interface ObjectStore {
  /** Undefined where no such object, or no such version of it, is. */
  get(bucket: string, key: string, versionId?: string): Promise<Buffer | undefined>;
  /** `encryption` is what the upload asks for: without `encryptionDisabled` CodeBuild asks for a KMS key. */
  put(bucket: string, key: string, body: Buffer, options: { readonly encryption: 'aws:kms' | 'none' }): Promise<void>;
}

export interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

export interface LogSink {
  write(group: string, stream: string, events: readonly LogEvent[]): Promise<void>;
}

/** Undefined where no such parameter is. Decrypts. */
export type ReadParameter = (name: string) => Promise<string | undefined>;

/** What a rule of EventBridge sees. */
export interface BuildEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'CodeBuild Build State Change' | 'CodeBuild Build Phase Change';
  readonly source: 'aws.codebuild';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}
