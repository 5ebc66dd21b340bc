// The floor of a verify: a Fastify route, one script and one Ed25519 signature. The port, the address of Redis and the
// key of the digests are its arguments.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Type } from '@sinclair/typebox'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import { Redis } from 'ioredis'

const [port, redisUrl = '', key = ''] = process.argv.slice(2)
const { privateKey } = generateKeyPairSync('ed25519')
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const head = base64url({ alg: 'EdDSA' })
const redis = new Redis(redisUrl)
const lua = readFileSync(new URL('./verify-floor.lua', import.meta.url), 'utf8')
const sha = await redis.script('LOAD', lua)

const app = Fastify().withTypeProvider<TypeBoxTypeProvider>()
const schema = {
  body: Type.Object({
    mobile: Type.String({ pattern: '^1[3-9][0-9]{9}$' }),
    sms_code: Type.String(),
    scene: Type.String(),
    request_id: Type.String(),
  }),
  response: { 200: Type.Object({ code: Type.String(), errmsg: Type.String(), receipt: Type.String() }) },
}
app.post('/v1/sms_codes/verify', { schema }, async (request) => {
  const { mobile, sms_code, scene, request_id: rid } = request.body
  const digest = createHmac('sha256', key).update(`${mobile}|${sms_code}`).digest('base64url')
  const verified = await redis.evalsha(String(sha), 1, `floor:code:${mobile}`, digest)
  if (verified !== 'ok') return { code: '4008', errmsg: '短信验证码有误', receipt: '' }
  const iat = Math.floor(Date.now() / 1000)
  const text = `${head}.${base64url({ iss: 'floor', sub: mobile, scene, rid, iat, exp: iat + 600 })}`
  const receipt = `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`
  return { code: '0', errmsg: '验证成功', receipt }
})
app.get('/', async () => ({}))
await app.listen({ host: '127.0.0.1', port: Number(port) })
process.once('SIGTERM', () => process.exit())
