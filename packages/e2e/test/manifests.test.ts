import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readPolicy } from '@sms-codes/core/config/policy'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { listVariables, ROOT } from '../../../.ci/configuration.ts'
import { Kustomization, loadManifests, loosePaths, manifestFaults } from './manifests.ts'
import { toRecord } from './json.ts'

const manifests = loadManifests()
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind.endsWith(` ${kind}`))
const nameOf = (document: Record<string, unknown>) => String(toRecord(document['metadata'])['name'])

describe('the Kubernetes manifests', () => {
  it('have only fields that their kinds define', () => {
    expect(manifestFaults(manifests)).toEqual([])
    expect(ofKind('Deployment').map(({ document }) => nameOf(document))).toEqual(['api', 'board', 'worker'])
  })

  it.each([
    ['a misspelled field', 'replicas:', 'replica:', /"replica"' does not exist/],
    ['a text in place of a number', 'containerPort: 3000', "containerPort: '3000'", /not assignable/],
    ['a text in place of an object', 'drop: [ALL]', 'drop: ALL', /not assignable/],
    ['an unknown kind', 'kind: PodDisruptionBudget', 'kind: PodDisruptionBudgets', /unknown kind/],
  ])('are checked: %s is reported', (_what, right, wrong, fault) => {
    const dir = mkdtempSync(join(tmpdir(), 'sms-codes-typo-'))
    const text = readFileSync(join(ROOT, 'docs/kubernetes/base/api.yaml'), 'utf8')
    expect(text).toContain(right)
    writeFileSync(join(dir, 'api.yaml'), text.replace(right, wrong))
    expect(manifestFaults(loadManifests(dir)).join('\n')).toMatch(fault)
    rmSync(dir, { recursive: true })
  })

  it('are all listed in a kustomization, and every listed file exists', () => {
    expect(loosePaths(manifests)).toEqual([])
  })

  it('leave the number of workers to the autoscaler when it is used', () => {
    const [scaled] = ofKind('ScaledObject')
    const component = manifests.find(({ file }) => file === 'keda/kustomization.yaml')
    const [patch] = Value.Decode(Kustomization, component?.document).patches ?? []
    expect(patch).toMatchObject({ target: { kind: 'Deployment', name: nameOf(scaled?.document ?? {}) } })
    expect(parse(String(toRecord(patch)['patch']))).toEqual([{ op: 'remove', path: '/spec/replicas' }])
  })

  it('set only variables that the processes read', () => {
    const known = new Set(listVariables().map(({ name }) => name))
    const variables = ofKind('ConfigMap').filter(({ document }) => nameOf(document) !== 'sms-codes-policy')
    const set = [...variables, ...ofKind('Secret')].flatMap(({ document }) =>
      Object.keys(toRecord(document['data'] ?? document['stringData'])),
    )
    expect(set.filter((name) => !known.has(name))).toEqual([])
  })

  it('have policies without faults', () => {
    for (const { document } of ofKind('ConfigMap').filter(
      (one) => nameOf(one.document) === 'sms-codes-policy',
    )) {
      const { faults } = readPolicy(policyFile(String(toRecord(document['data'])['policy.yaml'])))
      expect(faults).toEqual([])
    }
  })

  it('keep the variables of Services, such as API_PORT, out of the processes', () => {
    const known = listVariables().map(({ name }) => name)
    const linked = ofKind('Service').map(({ document }) =>
      nameOf(document).toUpperCase().replaceAll('-', '_'),
    )
    expect(linked.filter((name) => known.includes(`${name}_PORT`))).toEqual(['API', 'BOARD'])
    for (const { document } of ofKind('Deployment'))
      expect(document).toHaveProperty('spec.template.spec.enableServiceLinks', false)
  })

  it('read ConfigMaps and Secrets that the example defines', () => {
    const given = [...ofKind('ConfigMap'), ...ofKind('Secret')].map(({ document }) => nameOf(document))
    const wanted = manifests.flatMap(({ document }) =>
      [
        ...JSON.stringify(document).matchAll(/"(?:configMapRef|secretRef|configMap)":\{"name":"([^"]+)"/g),
      ].map(([, name]) => name),
    )
    expect(new Set(wanted)).toEqual(new Set(given))
  })

  it('probe ports that the containers define', () => {
    for (const { document } of ofKind('Deployment')) {
      const text = JSON.stringify(document)
      const named = [...text.matchAll(/"name":"([a-z]+)","containerPort"/g)].map(([, name]) => name)
      const probed = [...text.matchAll(/"path":"\/[a-z]+","port":"([a-z]+)"/g)].map(([, name]) => name)
      expect(probed).toHaveLength(2)
      expect(probed.filter((name) => !named.includes(name))).toEqual([])
    }
  })
})
