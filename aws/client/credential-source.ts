/** Owns telling where the SDK found its credentials: it notes that on them, for its user agent. */

/** By the names of `AwsSdkCredentialsFeatures` of @aws-sdk/types 3.x. Of several that are noted the first here says most. */
const WORDS: readonly (readonly [string, string])[] = [
  ['CREDENTIALS_CODE', 'this program'],
  ['CREDENTIALS_ENV_VARS', 'the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
  ['CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN', 'the variable AWS_WEB_IDENTITY_TOKEN_FILE'],
  ['CREDENTIALS_PROFILE_SSO', 'by IAM Identity Center'],
  ['CREDENTIALS_PROFILE_SSO_LEGACY', 'by IAM Identity Center'],
  ['CREDENTIALS_PROFILE_LOGIN', 'by aws login'],
  ['CREDENTIALS_PROFILE_PROCESS', 'by its credential_process'],
  ['CREDENTIALS_PROFILE_STS_WEB_ID_TOKEN', 'by its web identity token'],
  ['CREDENTIALS_PROFILE_SOURCE_PROFILE', 'by its source_profile'],
  ['CREDENTIALS_PROFILE_NAMED_PROVIDER', 'by its credential_source'],
  ['CREDENTIALS_PROFILE', 'by its access key'],
  ['CREDENTIALS_HTTP', 'the container that this runs in'],
  ['CREDENTIALS_IMDS', 'the instance that this runs on'],
];

/** `the variables AWS_ACCESS_KEY_ID …`, or `profile 'release', by IAM Identity Center`. */
export function credentialSource(credentials: object, profile: string | undefined): string {
  const noted = '$source' in credentials && typeof credentials.$source === 'object' ? (credentials.$source ?? {}) : {};
  const [feature, words] = WORDS.find(([name]) => name in noted) ?? ['', 'a source that the SDK does not name'];
  return feature.startsWith('CREDENTIALS_PROFILE') ? `profile '${profile ?? 'default'}', ${words}` : words;
}
