import { SentinelConnector, type SentinelConnectionOptions } from 'ioredis'

/**
 * Finds the primary by Sentinels, and ends the subscription to their announcements before it asks for the primary.
 * With ioredis 6.0, an announcement that arrives while the connection asks ends the connection for good (status `end`).
 * ioredis subscribes again when it is connected. The class is an option of ioredis, so BullMQ's copies of a connection
 * have it too.
 */
export class LastingSentinelConnector extends SentinelConnector {
  /** @param options all options of the connection, as ioredis passes them */
  constructor(options: unknown) {
    if (!hasSentinels(options)) throw new TypeError('the connection has no Sentinels')
    super(options)
  }

  override connect(...listener: Parameters<SentinelConnector['connect']>) {
    this.disconnect()
    return super.connect(...listener)
  }
}

const hasSentinels = (options: unknown): options is SentinelConnectionOptions =>
  typeof options === 'object' && options !== null && 'sentinels' in options
