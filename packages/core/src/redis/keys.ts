/**
 * The names of all our keys in Redis. The keys of one phone share the hash tag `{ph}`, so a script touches one slot of a
 * Cluster. `ph` and `addr` are pseudonyms (keyring.ts): no name contains a number or an address.
 */
export const keys = {
  captcha: (uuid: string) => `img_${uuid}`,
  /** Marks a proof of work as used; the API has made its `nonce`. */
  proof: (nonce: string) => `sms:proof:${nonce}`,
  code: (ph: string, scene: string) => `sms:{${ph}}:code:${scene}`,
  sends: (ph: string) => `sms:{${ph}}:sends`,
  missesWithId: (ph: string) => `sms:{${ph}}:misses:id`,
  missesWithoutId: (ph: string) => `sms:{${ph}}:misses:blind`,
  contact: (ph: string) => `sms:{${ph}}:contact`,
  /** Every key that holds something about a phone, for erasing it. */
  ofPhone: (ph: string, scenes: readonly string[]) => [
    ...scenes.map((scene) => keys.code(ph, scene)),
    keys.sends(ph),
    keys.missesWithId(ph),
    keys.missesWithoutId(ph),
    keys.contact(ph),
    keys.quota(ph),
  ],
  /** Named by the receipt and not by its phone, so that erasing a phone does not permit a second redeem. */
  redeemed: (jti: string) => `sms:{${jti}}:redeemed`,
  address: (addr: string, purpose: string) => `sms:{${addr}}:addr:${purpose}`,
  /** Counts and marks of the pumping guard for a number segment, a client address or the whole service. */
  guard: (what: 'sent' | 'verified' | 'mark' | 'times', of: 'segment' | 'address' | 'service', who: string) =>
    `sms:{gate}:guard:${of}:${who}:${what}`,
  /** The first answer to an idempotency key; `name` is a keyed hash of it. */
  idempotency: (name: string) => `sms:{${name}}:idempotency`,
  /** Joins a message with its delivery receipt; `name` is a pseudonym of the gateway's id for the message. */
  message: (name: string) => `sms:{${name}}:message`,
  /** Messages to a phone that count against a gateway's limit per number. One set holds those of all gateways. */
  quota: (ph: string) => `sms:{${ph}}:quota`,
  /** Messages per second to one gateway, over all workers. */
  rate: (gateway: string) => `sms:{${gateway}}:rate`,
  /** Operator allow and deny lists, scored by expiry. The only place where networks are stored in clear. */
  list: (list: 'allow' | 'deny') => `sms:{gate}:list:${list}`,
  listVersion: 'sms:{gate}:list:version',
  /** A capped stream of findings, decisions and operators' actions, with their reasons. */
  audit: 'sms:{gate}:audit',
  /** The messages that the budget of the whole service has paid for. */
  budget: 'sms:{gate}:budget:all',
  /** The limits of a send other than its phone's, in one slot so that all are taken or none. */
  sendLimit: (what: 'address' | 'subnet' | 'segment' | 'budget', who: string) => `sms:{gate}:${what}:${who}`,
}
