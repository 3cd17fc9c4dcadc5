/** What somebody does whom AWS does not know. */
export const SIGN_IN = 'sign in with `aws sso login` or `aws configure`, and name the profile in AWS_PROFILE';

/** Why AWS does not know who asks, with the profile that was looked for. */
export const credentialsFault = (
  error: unknown,
  { AWS_PROFILE: profile }: Readonly<Record<string, string | undefined>> = process.env,
): string => {
  const { name, message } = error as Error;
  const of = profile ? ` of profile ${profile}` : '';
  return name === 'CredentialsProviderError'
    ? `no AWS credentials${of}`
    : `AWS refuses the credentials${of} (${message.split('\n')[0]})`;
};
