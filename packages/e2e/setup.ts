// Runs once before any test file: installs Redis where that is possible, so that files can start
// servers side by side without each trying to. The import is by path, because vitest loads this file with
// Node's own conditions, which would want a build.
import { ensureRedisBinary } from '../launcher/src/redis.ts'

export default async function setup(): Promise<void> {
  await ensureRedisBinary({ say: console.log })
}
