/**
 * Tells CloudFormation how a custom resource went, at the URL that its event names.
 * @throws Error when it does not take the answer
 */
export const answerCloudFormation = async (url: string, body: string): Promise<void> => {
  // The URL is signed for an empty content type.
  const response = await fetch(url, { method: 'PUT', body, headers: { 'content-type': '' } });
  if (!response.ok) throw new Error(`CloudFormation did not take the answer: HTTP ${response.status}`);
};
