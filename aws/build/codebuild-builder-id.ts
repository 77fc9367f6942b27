/** Owns how provenance names the machines of a deployment: by the CodeBuild project, which stands for its image, its role and its stage. */

/**
 * @param neighbourArn of anything in the same account and region: partition, region and account stand in each
 * @returns the project's own ARN, which is a URI
 */
export function codeBuildBuilderId(neighbourArn: string, project: string): string {
  const [, partition = 'aws', , region = '', account = ''] = neighbourArn.split(':');
  return `arn:${partition}:codebuild:${region}:${account}:project/${project}`;
}
