/**
 * Every Redis key name of ours. Keys of one phone share the hash tag `{ph}`, so a script touches one
 * cluster slot. `ph` and `addr` are pseudonyms (keyring.ts): no name holds a number or an address.
 */
export const keys = {
  captcha: (uuid: string) => `img_${uuid}`,
  /** That a proof of work was used; `nonce` is of our own making. */
  proof: (nonce: string) => `sms:proof:${nonce}`,
  code: (ph: string, scene: string) => `sms:{${ph}}:code:${scene}`,
  sends: (ph: string) => `sms:{${ph}}:sends`,
  missesWithId: (ph: string) => `sms:{${ph}}:misses:id`,
  missesWithoutId: (ph: string) => `sms:{${ph}}:misses:blind`,
  contact: (ph: string) => `sms:{${ph}}:contact`,
  /** All that is held about a phone, so that it can be erased. */
  ofPhone: (ph: string, scenes: readonly string[]) => [
    ...scenes.map((scene) => keys.code(ph, scene)),
    keys.sends(ph),
    keys.missesWithId(ph),
    keys.missesWithoutId(ph),
    keys.contact(ph),
    keys.quota(ph),
  ],
  /** Under the receipt's own id and not under its phone: to erase a phone must not allow a second redeem. */
  redeemed: (jti: string) => `sms:{${jti}}:redeemed`,
  address: (addr: string, purpose: string) => `sms:{${addr}}:addr:${purpose}`,
  /** What the guard knows of a number segment, a client address or the whole service. */
  guard: (
    what: 'sent' | 'verified' | 'mark' | 'times',
    group: 'segment' | 'address' | 'service',
    who: string,
  ) => `sms:{gate}:guard:${group}:${who}:${what}`,
  /** The first answer to an idempotency key; `name` is a keyed hash of it. */
  idempotency: (name: string) => `sms:{${name}}:idempotency`,
  /** Joins a message with what its gateway says of it later; `name` is a pseudonym of the gateway's id for it. */
  message: (name: string) => `sms:{${name}}:message`,
  /** The messages to a phone that count against a gateway's limit per number, all gateways in one set. */
  quota: (ph: string) => `sms:{${ph}}:quota`,
  /** What one gateway may be sent a second, over all workers. */
  rate: (gateway: string) => `sms:{${gateway}}:rate`,
  /**
   * Whom an operator always lets in, or never, by when the entry ends: segments, phones by pseudonym, and
   * networks, which stand nowhere else in clear.
   */
  list: (list: 'allow' | 'deny') => `sms:{gate}:list:${list}`,
  listVersion: 'sms:{gate}:list:version',
  /** Findings and decisions with their reasons, a capped stream. */
  audit: 'sms:{gate}:audit',
  /** What the whole service has spent. */
  budget: 'sms:{gate}:budget:all',
  /** What one send is counted against beside its phone, in one slot so that all are taken or none. */
  gate: (what: 'address' | 'subnet' | 'segment' | 'budget', who: string) => `sms:{gate}:${what}:${who}`,
}
