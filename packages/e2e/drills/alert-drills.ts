// The drills of `--alerts`: what breaks, and the alerts that Prometheus must raise then, and no others. Each is longer
// than the drill of the same fault, because an alert waits until a fault lasts.
import { withQueue, type Drill } from './drill.ts'
import { pidOfRedis } from './process-drills.ts'

/** Time for the rates of a good day before the fault, and for the alerts to end after it. */
const COMMON = { beforeSeconds: 30, afterSeconds: 120 }
/** These drills break things for longer than a message may wait. reliability.md has the drills of the promises. */
const MAY_LOSE = { mayCutAnswers: true, mayLose: { from: -5, to: 600 } }

export const ALERT_DRILLS: readonly Drill[] = [
  {
    ...COMMON,
    name: 'redis-away',
    title: 'Redis is stopped (SIGSTOP) for 150 s',
    seconds: 150,
    promises: MAY_LOSE,
    alerts: { fire: ['SmsNotReady app=api', 'SmsNotReady app=worker', 'SmsStoreAway'], isMended: true },
    breakIt: (rig) => process.kill(pidOfRedis(rig), 'SIGSTOP'),
    mend: (rig) => process.kill(pidOfRedis(rig), 'SIGCONT'),
  },
  {
    ...COMMON,
    name: 'gateways-down',
    title: 'both gateways are down for 100 s',
    seconds: 100,
    env: { SMS_GATEWAYS: 'ccp,aliyun' },
    relayed: ['ccp', 'aliyun'],
    promises: MAY_LOSE,
    alerts: {
      fire: ['SmsNotAccepted queue=sms', 'SmsGatewayOut gateway=ccp', 'SmsGatewayOut gateway=aliyun'],
      isMended: true,
    },
    breakIt: ({ gateway }) => gateway.down(),
    mend: ({ gateway }) => gateway.up(),
  },
  {
    ...COMMON,
    name: 'first-gateway-down',
    title: 'the first of two gateways is down for 120 s',
    seconds: 120,
    env: { SMS_GATEWAYS: 'ccp,aliyun' },
    promises: {},
    alerts: { fire: ['SmsGatewayOut gateway=ccp'], isMended: true },
    breakIt: ({ gateway }) => gateway.down(),
    mend: ({ gateway }) => gateway.up(),
  },
  {
    ...COMMON,
    name: 'workers-killed',
    title: 'all workers are killed, and replaced after 100 s',
    seconds: 100,
    // So few users before the fault that the messages that waited outweigh them in the counts of the pumping guard, which
    // then reports a finding that is no attack.
    beforeSeconds: 5,
    policy: { guard: { service: { min_sends: 20 } } },
    promises: MAY_LOSE,
    alerts: { fire: ['SmsWorkerDown', 'SmsNoneTaken'], isMended: true },
    breakIt: ({ system }) => Promise.all(system.workers.map(({ process: worker }) => worker.kill())),
    mend: async ({ system }) => {
      for (const i of system.workers.keys()) system.workers[i] = await system.startWorker()
    },
  },
  {
    ...COMMON,
    name: 'paused',
    title: 'the queue is paused for 120 s',
    seconds: 120,
    promises: MAY_LOSE,
    alerts: { fire: ['SmsNotAccepted queue=sms'], isMended: true },
    breakIt: (rig) => withQueue(rig, (sms) => sms.pause()),
    mend: (rig) => withQueue(rig, (sms) => sms.resume()),
  },
  {
    ...COMMON,
    name: 'budget-spent',
    title: 'the budget ends, a job is unreadable, and the only gateway refuses the account once',
    seconds: 120,
    afterSeconds: 5,
    // At 3 to 6 users a second, the budget ends during the drill.
    policy: { budget: { messages: ['360/1h'] } },
    promises: MAY_LOSE,
    alerts: {
      fire: [
        'SmsBudgetLow window=3600',
        'SmsBudgetSpent window=3600',
        'SmsUnreadable',
        'SmsGatewayMisconfigured gateway=ccp',
      ],
      isMended: false,
    },
    breakIt: async (rig) => {
      await withQueue(rig, (sms) => sms.add('send', { v: 0 }))
      await rig.system.fault('112311')
    },
  },
]
