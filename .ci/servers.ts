// Downloads the servers that the tests need and that this machine lacks. Valkey is optional: some tests run on Redis,
// and on Valkey too if a package exists.
import { ensureRedisBinary } from '@sms-codes/launcher/redis'
import { canUnpack, thisMachine, unpackPackage } from '@sms-codes/launcher/unpacked-programs'
import { findValkey, VALKEY_TOOLS } from '@sms-codes/test-servers/valkey'

console.log(`Redis: ${await ensureRedisBinary({ say: console.log })}`)

const machine = thisMachine()
if (findValkey() === null && canUnpack(machine)) {
  await unpackPackage(VALKEY_TOOLS, machine, console.log).catch((error: unknown) =>
    console.log(String(error)),
  )
}
console.log(`Valkey: ${findValkey() ?? 'none'}`)
