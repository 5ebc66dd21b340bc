// The drills: what breaks, for how long, and what the service promises then. docs/reliability.md repeats the promises.
import { withQueue, type Drill } from './drill.ts'
import { addBacklog } from './backlog.ts'
import { PROCESS_DRILLS, REDIS_DRILLS } from './process-drills.ts'

/**
 * The promise is 15 s. A send that was under way may be lost too, and a process needs time to notice. Of the later
 * sends, only probes are accepted: three at a time, which are lost after the time to send.
 */
const longOutage = (probes: number) => ({ mayLose: { from: -5, to: 17, others: probes } })
const BACKLOG = 20_000
const UNLIMITED = ['100000/60s']

const gateways: Drill[] = [
  {
    name: 'gateway-down-60s',
    title: 'the only gateway is down for 60 s',
    seconds: 60,
    promises: {},
    breakIt: ({ gateway }) => gateway.down(),
    mend: ({ gateway }) => gateway.up(),
  },
  {
    name: 'gateway-down-7min',
    title: 'the only gateway is down for 7 minutes',
    seconds: 420,
    promises: longOutage(9),
    breakIt: ({ gateway }) => gateway.down(),
    mend: ({ gateway }) => gateway.up(),
  },
  {
    name: 'first-gateway-down',
    title: 'the first of two gateways is down for 60 s',
    seconds: 60,
    env: { SMS_GATEWAYS: 'ccp,aliyun' },
    promises: {},
    breakIt: ({ gateway }) => gateway.down(),
    mend: ({ gateway }) => gateway.up(),
  },
  {
    name: 'gateway-slow',
    title: 'the only gateway takes 8 s to answer, for 60 s',
    seconds: 60,
    promises: {},
    breakIt: ({ system }) => system.fault('accept', 0, 8_000),
    mend: ({ system }) => system.clearFaults('ccp'),
  },
  {
    name: 'answers-lost',
    title: 'the only gateway, Aliyun, accepts messages and cuts its answers off, for 30 s',
    seconds: 30,
    env: { SMS_GATEWAYS: 'aliyun' },
    promises: { mayRepeat: true },
    breakIt: ({ system }) => system.fault('accept_rst', 0, 0, 'aliyun'),
    mend: ({ system }) => system.clearFaults('aliyun'),
  },
  {
    name: 'office',
    title: 'the only gateway is down for 60 s, and all users share one address that the guard watches',
    seconds: 60,
    isOffice: true,
    policy: {
      codes: { send_within: '20s' },
      step_up: { enabled: false },
      guard: {
        mode: 'deny',
        // Higher than the default, so that the users before the outage do not outweigh it.
        segment: { min_percent: 20 },
        address: { min_percent: 20, min_sends: 60 },
        service: { min_sends: 1_000_000 },
      },
      limits: {
        address: { images: UNLIMITED, attempts: UNLIMITED, sends: UNLIMITED, verifies: UNLIMITED },
        subnet: { sends: UNLIMITED },
      },
    },
    sendWithinSeconds: 20,
    promises: longOutage(6),
    breakIt: ({ gateway }) => gateway.down(),
    mend: ({ gateway }) => gateway.up(),
  },
]

const mail: Drill[] = [
  {
    name: 'mail-down',
    title: 'the mail server is down for 60 s while SMS works',
    seconds: 60,
    hasMailboxes: true,
    promises: {},
    breakIt: ({ mail: server }) => server.down(),
    mend: ({ mail: server }) => server.up(),
  },
  {
    name: 'sms-down-with-mail',
    title: 'the only gateway is down for 60 s, and codes go by e-mail',
    seconds: 60,
    hasMailboxes: true,
    promises: {},
    breakIt: ({ gateway }) => gateway.down(),
    mend: ({ gateway }) => gateway.up(),
  },
  {
    name: 'sms-and-mail-down',
    title: 'the only gateway and the mail server are down for 60 s',
    seconds: 60,
    hasMailboxes: true,
    promises: {},
    breakIt: ({ gateway, mail: server }) => [gateway.down(), server.down()],
    mend: ({ gateway, mail: server }) => Promise.all([gateway.up(), server.up()]),
  },
]

const queue: Drill[] = [
  {
    name: 'paused-60s',
    title: 'the queue is paused for 60 s',
    seconds: 60,
    promises: {},
    breakIt: (rig) => withQueue(rig, (sms) => sms.pause()),
    mend: (rig) => withQueue(rig, (sms) => sms.resume()),
  },
  {
    name: 'paused-3min',
    title: 'the queue is paused for 3 minutes, longer than a message may wait',
    seconds: 180,
    promises: longOutage(0),
    breakIt: (rig) => withQueue(rig, (sms) => sms.pause()),
    mend: (rig) => withQueue(rig, (sms) => sms.resume()),
  },
  {
    name: 'backlog',
    title: `${BACKLOG.toLocaleString('en')} other messages wait, and the gateway takes 0.5 s for each`,
    seconds: 60,
    promises: { medianSeconds: 10 },
    prepare: async ({ system }) => {
      await system.fault('accept', 0, 500)
      await addBacklog(system, BACKLOG)
    },
    mend: ({ system }) => system.clearFaults('ccp'),
  },
]

export const DRILLS: readonly Drill[] = [...PROCESS_DRILLS, ...REDIS_DRILLS, ...gateways, ...mail, ...queue]
