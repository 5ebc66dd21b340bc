import { solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import type { Challenge } from '../src/captcha/proofs.ts'
import { anAddress, type Api } from './api.ts'

export async function challengeOf({ app }: Api): Promise<Challenge> {
  const headers = { 'x-forwarded-for': anAddress() }
  return (await app.inject({ url: '/v1/challenges', headers })).json<Challenge>()
}

/** Solves a challenge, and returns what the altcha widget would send. */
export async function solve(challenge: Challenge): Promise<string> {
  const solution = await solveChallenge({ challenge, deriveKey })
  return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64')
}

export const proofOf = async (api: Api) => solve(await challengeOf(api))
