/** The hash tag of a queue's keys, by which they share a hash slot. Each shard of `sms` has its own. */
export const queueTag = (queue: string) => (queue.startsWith('sms-') ? `{${queue}}` : '{sms}')

/** Short names, because an attack can create a key for each of a million addresses. */
const GATE_NAMES = {
  attempts: 'att',
  subnet_attempts: 'net-att',
  address: 'addr',
  subnet: 'net',
  segment: 'seg',
  limit_key: 'key',
  country: 'country',
}

/**
 * The names of all our keys in Redis. The keys of one phone share the hash tag `{ph}`, so a script uses one hash
 * slot of a Cluster. `ph`, `addr` and `subnet` are pseudonyms (keyring.ts), so no key contains a number or an address.
 */
export const keys = {
  /** The fingerprints of the keys that the processes use (key-faults.ts). */
  fingerprints: 'sms:keys',
  /** The running processes (process/heartbeat.ts). */
  processes: 'sms:{gate}:processes',
  /** The gateways that an operator has switched off, with the time until which each is off, or 0. */
  gatewaysOff: 'sms:{gate}:gateways-off',
  captcha: (uuid: string) => `img_${uuid}`,
  /** Marks a proof of work as used. The API made its `nonce`, so a caller cannot choose the key. */
  proof: (nonce: string) => `sms:proof:${nonce}`,
  /** Marks a token of a captcha service as used. `name` is a keyed hash of the token. */
  token: (name: string) => `sms:token:${name}`,
  code: (ph: string, scene: string) => `sms:{${ph}}:code:${scene}`,
  sends: (ph: string) => `sms:{${ph}}:sends`,
  /** How often each request id was used to guess the code. The fields are keyed hashes of the ids. */
  guesses: (ph: string, scene: string) => `sms:{${ph}}:guesses:${scene}`,
  missesWithId: (ph: string) => `sms:{${ph}}:misses:id`,
  missesWithoutId: (ph: string) => `sms:{${ph}}:misses:blind`,
  contact: (ph: string) => `sms:{${ph}}:contact`,
  /** The newest requests of a phone, for operators (history.ts). */
  history: (ph: string) => `sms:{${ph}}:history`,
  /** The newest failed sends of all phones, for operators (failures.ts). */
  failures: 'sms:{gate}:failures',
  /** All keys of a phone, which `erase` in contacts.ts deletes. */
  ofPhone: (ph: string, scenes: readonly string[]) => [
    ...scenes.map((scene) => keys.code(ph, scene)),
    ...scenes.map((scene) => keys.guesses(ph, scene)),
    keys.sends(ph),
    keys.missesWithId(ph),
    keys.missesWithoutId(ph),
    keys.contact(ph),
    keys.quota(ph),
    keys.history(ph),
  ],
  /** Marks a JWS receipt of a verified code as redeemed. `erase` keeps the key, so no second redeem is possible. */
  redeemed: (jti: string) => `sms:{${jti}}:redeemed`,
  /** Limits of an address and of its subnet. Both are in the slot of the subnet, so a Cluster spreads them. */
  ofAddress: (what: 'images' | 'verifies', addr: string, subnet: string) => `sms:{${subnet}}:${what}:${addr}`,
  ofSubnet: (what: 'images' | 'verifies', subnet: string) => `sms:{${subnet}}:${what}`,
  /** Counts of the guard against SMS pumping: the sends and the verified codes of a group. */
  guarded: (group: 'segment' | 'address' | 'service', who: string) => `sms:{gate}:guard:${group}:${who}`,
  /** A mark stores a finding of the guard about a group. `times` is how often the group was marked of late. */
  guardMark: (what: 'mark' | 'times', group: 'segment' | 'address' | 'service', who: string) =>
    `${keys.guarded(group, who)}:${what}`,
  /** The first answer to an idempotency key. `name` is a keyed hash of it. */
  idempotency: (name: string) => `sms:{${name}}:idempotency`,
  /** Joins a message with its delivery receipt. `name` is a pseudonym of the gateway's id for the message. */
  message: (name: string) => `sms:{${name}}:message`,
  /** The sends that wait for their delivery receipt, by the end of the wait (delivery-receipts.ts). */
  awaitedReceipts: 'sms:awaited-receipts',
  /** Messages to a phone that count against a gateway's limit per number. One set contains those of all gateways. */
  quota: (ph: string) => `sms:{${ph}}:quota`,
  /** Expires a day after a gateway accepted a message of this queue. All shards share the mark of the queue `sms`. */
  accepted: (queue: string) => `{sms}:accepted:${queue}`,
  /** Exists for a second after a request passed as a probe while no gateway accepts messages. */
  deliveryProbe: '{sms}:delivery-probe',
  /** Written to find out whether the server of a hash tag accepts writes. */
  writeProbe: (tag: string) => `${tag}:probe`,
  /** Messages per second to one gateway, over all workers. */
  rate: (gateway: string) => `sms:{${gateway}}:rate`,
  /** Operator allow and deny lists, scored by expiry. Networks are stored in clear. */
  list: (list: 'allow' | 'deny') => `sms:{gate}:list:${list}`,
  listVersion: 'sms:{gate}:list:version',
  /** A capped stream of findings, decisions and operators' actions, with their reasons. */
  audit: 'sms:{gate}:audit',
  /** What happened to sends in a minute, as counts by scene and gateway (traffic.ts). `minute` counts from 1970. */
  traffic: (minute: number) => `sms:{gate}:traffic:${minute}`,
  /** The same for an hour, because the 1,440 minutes of a day take too long to read. */
  trafficOfHour: (hour: number) => `sms:{gate}:traffic:h${hour}`,
  /** The newest acceptance and the newest refusal of each gateway. */
  lastAnswers: 'sms:{gate}:last-answers',
  /** The messages that the budget of the whole service has paid for. */
  budget: 'sms:{gate}:budget',
  /** The messages that a back end has sent with its API key. */
  sendsOf: (backEnd: string) => `sms:{gate}:back-end:${backEnd}`,
  /**
   * The limits of a send other than the limit of its phone. All share a hash slot, so one script checks all. 12 of the 22
   * characters of a pseudonym tell the addresses of a day apart (72 bits), and save 16 bytes per address.
   */
  gate: (what: keyof typeof GATE_NAMES, who: string) => `sms:{gate}:${GATE_NAMES[what]}:${who.slice(0, 12)}`,
}
