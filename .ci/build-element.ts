// Builds the custom element. The API serves its bundle, which is the only file of a build that unit tests need.
import { build } from './build-apps.ts'

export default function buildElement(): void {
  build(['@sms-codes/element'])
}
