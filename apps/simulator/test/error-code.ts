/** The code of the error with which a promise rejects, or undefined when it resolves. */
export async function errorCodeOf(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.catch((reason: unknown) => reason)
  return error instanceof Error && 'code' in error ? error.code : undefined
}
