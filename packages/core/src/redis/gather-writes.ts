import type { Redis } from 'ioredis'

/**
 * Gathers the commands that one synchronous run of code issues, and writes these commands in order as one packet.
 * Otherwise ioredis makes a system call per command. `npm run bench` showed 14 % less CPU per send and 13 % less per
 * verify. With `enableAutoPipelining` of ioredis, the CPU rose by 40 %. The packet does not wait for a turn of the
 * event loop: under load a turn is long, and the timeout of each command is running already.
 */
export function gatherWrites(redis: Redis): void {
  const send = redis.sendCommand.bind(redis)
  let gathering = false
  redis.sendCommand = (command, stream) => {
    if (!gathering && redis.status === 'ready') {
      const { stream: socket } = redis
      gathering = true
      socket.cork()
      process.nextTick(() => {
        gathering = false
        socket.uncork()
      })
    }
    return send(command, stream)
  }
}
