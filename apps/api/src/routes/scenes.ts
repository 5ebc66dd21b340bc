import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ApiDeps } from '../compose.ts'
import { envelope, Refusal } from '../http/answers.ts'
import { oneOf, refusals, SUCCESS_FIELDS } from '../http/schemas.ts'

type Needs = Pick<ApiDeps, 'sceneFacts'>

export const Scene = Type.Object(
  {
    ...SUCCESS_FIELDS,
    scene: Type.String({ description: 'the scene of the request', examples: ['login'] }),
    code_length: Type.Integer({ description: 'digits of a code', examples: [6] }),
    expires_in: Type.Integer({ description: 'seconds for which a code is valid', examples: [300] }),
    captcha: Type.Array(oneOf(['picture', 'proof', 'siteverify'], 'a kind of captcha'), {
      description: 'what a browser may show, in the order of the policy',
      examples: [['picture', 'siteverify']],
    }),
    siteverify: Type.Optional(
      Type.Object(
        {
          service: oneOf(['turnstile', 'hcaptcha', 'recaptcha'], 'the captcha service'),
          site_key: Type.String({
            description: 'the public key of the site',
            examples: ['1x00000000000000000000AA'],
          }),
          script: Type.String({
            format: 'uri',
            description: 'the address of the script of the widget',
            examples: ['https://challenges.cloudflare.com/turnstile/v0/api.js'],
          }),
        },
        { description: 'the widget, if the scene accepts its tokens and the policy has a site key' },
      ),
    ),
    countries: Type.Array(Type.String({ description: 'ISO 3166-1 code', examples: ['CN'] }), {
      description: 'the countries whose numbers are served, by ISO 3166-1 code',
      examples: [['CN', 'HK']],
    }),
    email_fallback: Type.Boolean({
      description: 'whether a code that SMS cannot deliver may go to a proven e-mail address',
      examples: [false],
    }),
  },
  { title: 'Scene', description: 'What a page must know about a scene. Caches may keep it for a minute.' },
)

/** `GET /v1/scenes/:scene`: answers what a page must know about a scene. */
export const sceneRoute: FastifyPluginAsyncTypebox<Needs> = async (app, { sceneFacts }) => {
  app.get(
    '/v1/scenes/:scene',
    {
      schema: {
        operationId: 'getScene',
        summary: 'Get what a page must know about a scene',
        description: 'The answer depends on the policy only. It needs no Redis and counts for no limit.',
        tags: ['browser'],
        security: [],
        params: Type.Object({
          scene: Type.String({ description: 'name of the scene', examples: ['login'] }),
        }),
        response: { 200: Scene, ...refusals(['notFound']) },
      },
    },
    async (request, reply) => {
      const facts = sceneFacts.get(request.params.scene)
      if (facts === undefined) throw new Refusal('notFound')
      // The text depends on the language. The CORS plugin has named `Origin` already.
      const varies = [reply.getHeader('vary'), 'accept-language'].filter(Boolean).join(', ')
      void reply.headers({ 'cache-control': 'public, max-age=60', vary: varies })
      return { ...envelope('ok', request.headers['accept-language']), ...facts }
    },
  )
}
