import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { parseAllDocuments } from 'yaml'
import { toRecord } from './json.ts'
import { ROOT } from './system.ts'

const KUBERNETES = join(ROOT, 'docs/kubernetes')

type Manifest = { file: string; kind: string; document: Record<string, unknown> }

/** The module of kubernetes-types for each kind. An unlisted kind is a fault, because it could not be checked. */
const KINDS: Record<string, string> = {
  'apps/v1 Deployment': 'apps/v1',
  'v1 ConfigMap': 'core/v1',
  'v1 Namespace': 'core/v1',
  'v1 Secret': 'core/v1',
  'v1 Service': 'core/v1',
  'networking.k8s.io/v1 NetworkPolicy': 'networking/v1',
  'policy/v1 PodDisruptionBudget': 'policy/v1',
}

const strict = { additionalProperties: false }

const ScalingRules = Type.Object(
  {
    stabilizationWindowSeconds: Type.Integer({ minimum: 0, maximum: 3600 }),
    policies: Type.Array(
      Type.Object(
        {
          type: Type.Literal('Pods'),
          value: Type.Integer({ minimum: 1 }),
          periodSeconds: Type.Integer({ minimum: 1, maximum: 1800 }),
        },
        strict,
      ),
    ),
  },
  strict,
)

/** The part of KEDA's schema that the manifests use. */
const ScaledObject = Type.Object(
  {
    apiVersion: Type.Literal('keda.sh/v1alpha1'),
    kind: Type.Literal('ScaledObject'),
    metadata: Type.Object({ name: Type.String() }, strict),
    spec: Type.Object(
      {
        scaleTargetRef: Type.Object({ name: Type.String() }, strict),
        minReplicaCount: Type.Integer({ minimum: 0 }),
        maxReplicaCount: Type.Integer({ minimum: 1 }),
        advanced: Type.Object(
          {
            horizontalPodAutoscalerConfig: Type.Object(
              { behavior: Type.Object({ scaleDown: ScalingRules }, strict) },
              strict,
            ),
          },
          strict,
        ),
        triggers: Type.Array(
          Type.Object(
            {
              type: Type.Literal('prometheus'),
              metadata: Type.Object(
                { serverAddress: Type.String(), query: Type.String(), threshold: Type.String() },
                strict,
              ),
            },
            strict,
          ),
        ),
      },
      strict,
    ),
  },
  strict,
)

/** The path of a patch file, or an inline patch (RFC 6902) with its target. */
const Patch = Type.Union([
  Type.Object({ path: Type.String() }, strict),
  Type.Object(
    {
      target: Type.Object({ kind: Type.String(), name: Type.String() }, strict),
      patch: Type.String(),
    },
    strict,
  ),
])

export const Kustomization = Type.Object(
  {
    apiVersion: Type.String({ pattern: '^kustomize\\.config\\.k8s\\.io/v1(beta1|alpha1)$' }),
    kind: Type.Union([Type.Literal('Kustomization'), Type.Literal('Component')]),
    namespace: Type.Optional(Type.String()),
    resources: Type.Array(Type.String()),
    components: Type.Optional(Type.Array(Type.String())),
    patches: Type.Optional(Type.Array(Patch)),
    images: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), newName: Type.String(), newTag: Type.String() }, strict)),
    ),
  },
  strict,
)

export function loadManifests(dir = KUBERNETES): Manifest[] {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.yaml'),
  )
  return files.toSorted().flatMap((file) =>
    parseAllDocuments(readFileSync(join(dir, file), 'utf8')).map((parsed): Manifest => {
      const [error] = [...parsed.errors, ...parsed.warnings]
      if (error !== undefined) throw new Error(`${file}: ${error.message}`)
      const document = toRecord(parsed.toJS())
      return { file, kind: `${String(document['apiVersion'])} ${String(document['kind'])}`, document }
    }),
  )
}

const isKustomization = ({ kind }: Manifest) => kind.startsWith('kustomize.config.k8s.io/')

/** The faults of the manifests, in the words of the compiler or the schema. */
export function manifestFaults(manifests: readonly Manifest[]): string[] {
  const typed = manifests.filter(({ kind }) => kind in KINDS)
  const others = manifests.filter(({ kind }) => !(kind in KINDS))
  return [
    ...others.flatMap((manifest) => {
      const { file, kind, document } = manifest
      if (isKustomization(manifest)) return schemaFaults(file, Kustomization, document)
      if (kind.startsWith('keda.sh/')) return schemaFaults(file, ScaledObject, document)
      return [`${file}: ${kind} is an unknown kind`]
    }),
    ...typeFaults(typed),
  ]
}

function schemaFaults(file: string, schema: typeof ScaledObject | typeof Kustomization, document: unknown) {
  return [...Value.Errors(schema, document)].map(({ path, message }) => `${file}: ${path}: ${message}`)
}

/**
 * Compiles every manifest as an object literal with the type that Kubernetes publishes. The compiler reports
 * fields that the type does not have.
 */
function typeFaults(manifests: readonly Manifest[]): string[] {
  const dir = mkdtempSync(join(tmpdir(), 'sms-codes-manifests-'))
  try {
    const types = join(ROOT, 'node_modules/kubernetes-types')
    const paths = { 'kubernetes-types/*': [`${types}/*`] }
    const compilerOptions = { strict: true, noEmit: true, types: [], module: 'esnext', paths }
    writeFileSync(
      join(dir, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, moduleResolution: 'bundler' } }),
    )
    for (const [at, { kind, document }] of manifests.entries()) {
      const [type = ''] = kind.split(' ').slice(1)
      const source = `import type { ${type} } from 'kubernetes-types/${KINDS[kind]}'\nexport const manifest: ${type} = `
      writeFileSync(join(dir, `manifest${at}.ts`), source + JSON.stringify(document, null, 2))
    }
    return compile(dir).map((line) =>
      line.replace(/^manifest(\d+)\.ts\(\d+,\d+\)/, (_, at: string) => manifests[Number(at)]?.file ?? at),
    )
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function compile(dir: string): string[] {
  try {
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', dir, '--pretty', 'false'], {
      cwd: dir,
      encoding: 'utf8',
    })
    return []
  } catch (err) {
    const { stdout } = toRecord(err)
    return String(stdout).trim().split('\n')
  }
}

/** Files that no kustomization lists, and listed paths that do not exist. */
export function loosePaths(manifests: readonly Manifest[]): string[] {
  const named = manifests.filter(isKustomization).flatMap(({ file, document }) => {
    const { resources, components = [], patches = [] } = Value.Decode(Kustomization, document)
    const files = patches.flatMap((patch) => ('path' in patch ? [patch.path] : []))
    return [...resources, ...components, ...files].map((path) => {
      const target = relative('.', join(dirname(file), path))
      return target.endsWith('.yaml') ? target : join(target, 'kustomization.yaml')
    })
  })
  const entry = join('overlays', 'example', 'kustomization.yaml')
  const files = new Set(manifests.map(({ file }) => file))
  return [
    ...[...files].filter((file) => file !== entry && !named.includes(file)),
    ...named.filter((path) => !files.has(path)),
  ]
}
