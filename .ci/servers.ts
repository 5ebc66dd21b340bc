// Downloads the servers that the tests need and that this machine lacks. Valkey is optional: some tests run on Redis,
// and on Valkey too if a package exists. The tests of the alert rules need Prometheus, and would download it within their
// time limit.
import { ensureRedisBinary } from '@sms-codes/launcher/redis'
import { canUnpack, thisMachine, unpackPackage } from '@sms-codes/launcher/unpacked-programs'
import { ensurePrometheus, ensureRedisExporter } from '@sms-codes/test-servers/prometheus'
import { findValkey, VALKEY_TOOLS } from '@sms-codes/test-servers/valkey'

console.log(`Redis: ${await ensureRedisBinary({ say: console.log })}`)

const machine = thisMachine()
if (findValkey() === null && canUnpack(machine)) {
  await unpackPackage(VALKEY_TOOLS, machine, console.log).catch((error: unknown) =>
    console.log(String(error)),
  )
}
console.log(`Valkey: ${findValkey() ?? 'none'}`)

for (const ensure of [ensurePrometheus, ensureRedisExporter])
  await ensure(console.log).catch((error: unknown) => console.log(String(error)))
