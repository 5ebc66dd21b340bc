// Runs once before all test files. It downloads Redis if it is missing and if that is possible, because files that
// run in parallel must not all try to. The import is a path: Vitest loads this file without the condition
// @sms-codes/source, so the package name would need a build.
import { ensureRedisOnPath } from './packages/launcher/src/redis.ts'

export default async function setup(): Promise<void> {
  await ensureRedisOnPath(console.log)
}
