// Loaded with --import: a command to Redis has five seconds and not 400 ms, so a short stall of the test machine is no
// outage. A client without a connection still refuses each command at once.
import { Command } from 'ioredis'

const PATIENCE_MS = 5_000

const { setTimeout: setDeadline } = Command.prototype
Command.prototype.setTimeout = function (ms) {
  setDeadline.call(this, Math.max(ms, PATIENCE_MS))
}
