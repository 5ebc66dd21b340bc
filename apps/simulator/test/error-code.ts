/** The code of the error that a promise ends in, or undefined when it ends well. */
export async function errorCodeOf(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.catch((reason: unknown) => reason)
  return error instanceof Error && 'code' in error ? error.code : undefined
}
