// Prints the path of Redis with the environment of this process, for tests that kill it.
import { ensureRedisBinary } from '../src/redis.ts'

const machine = { env: process.env, dataDir: process.argv[2] ?? '' }
console.log(await ensureRedisBinary({ say: console.log, machine }))
