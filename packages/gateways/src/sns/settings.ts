// Defines the secrets and the settings of Amazon SNS and creates the gateway from their values.
import { Type } from '@sinclair/typebox'
import { text } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createSnsGateway } from './gateway.ts'

export const sns = defineVendor({
  name: 'sns',
  hasReceipts: false,
  secrets: Type.Object({
    // Without a form: a worker without this gateway may have the AWS variables of another program.
    AWS_ACCESS_KEY_ID: Type.String({ description: 'AWS access key id, such as AKIAIOSFODNN7EXAMPLE' }),
    AWS_SECRET_ACCESS_KEY: Type.String({ description: 'secret: AWS secret access key' }),
    AWS_SESSION_TOKEN: Type.Optional(
      Type.String({ description: 'secret: session token of temporary AWS credentials' }),
    ),
  }),
  settings: Type.Object({
    // The usual address depends on the region.
    base_url: Type.Optional(
      text(
        '^https?://[^\\s]+$',
        'address of the Amazon SNS API, such as https://sns.ap-southeast-1.amazonaws.com',
      ),
    ),
    region: text('^[a-z0-9-]{4,32}$', 'AWS region from which SNS sends messages, such as ap-southeast-1'),
  }),
  words: Type.Object({
    sender: Type.Optional(text('^[0-9A-Za-z]{3,11}$', 'sender id of Amazon SNS, such as Meiduo')),
  }),
  create: ({ api, secrets, settings: { region, base_url = `https://sns.${region}.amazonaws.com` } }) =>
    createSnsGateway({
      ...api,
      baseUrl: base_url,
      region,
      accessKeyId: secrets.AWS_ACCESS_KEY_ID,
      secretAccessKey: secrets.AWS_SECRET_ACCESS_KEY,
      sessionToken: secrets.AWS_SESSION_TOKEN,
    }),
})
