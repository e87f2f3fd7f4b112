import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { environmentLayer } from '../../src/config/environment.ts';
import { createTestnet, hostPlaces } from '../../src/config/testnet.ts';
import type { Fault } from '../../src/protocol/errors.ts';
import { useTempDirectory } from '../config/temp-home.ts';
import { systemProgram } from '../system-programs.ts';
import { ROOT, text } from './container-files.ts';

const run = promisify(execFile);
const FOLDER = fileURLToPath(new URL('docker/k8s', ROOT));
const PODS = [0, 1, 2, 3].map((index) => `pheme-${index}`);

// biome-ignore lint/suspicious/noExplicitAny: whatever kubectl renders; each test says what it expects of it
type Manifest = any;

/** What `kubectl kustomize` makes of the folder, by kind and name. */
async function rendered(kubectl: string): Promise<Map<string, Manifest>> {
  const { stdout } = await run(kubectl, ['kustomize', FOLDER]);
  const manifests = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
  return new Map(manifests.map((manifest) => [`${manifest.kind}/${manifest.metadata.name}`, manifest]));
}

describe('the manifests for Kubernetes', () => {
  const directory = useTempDirectory();
  let manifests: Map<string, Manifest>;
  let set: Manifest;
  let pod: Manifest;

  beforeEach(async function () {
    manifests = await rendered(systemProgram(this, 'kubectl'));
    set = manifests.get('StatefulSet/pheme').spec;
    pod = set.template.spec;
  });

  it('are four validators that start together, each with a volume of its own that outlives it', () => {
    assert.deepEqual([set.replicas, set.podManagementPolicy, set.serviceName], [4, 'Parallel', 'pheme']);
    assert.equal(set.volumeClaimTemplates[0].metadata.name, 'home');
    assert.deepEqual(set.volumeClaimTemplates[0].spec.accessModes, ['ReadWriteOncePod']);
    assert.deepEqual(set.persistentVolumeClaimRetentionPolicy, { whenDeleted: 'Retain', whenScaled: 'Retain' });
    const { clusterIP, publishNotReadyAddresses } = manifests.get('Service/pheme').spec;
    assert.deepEqual([clusterIP, publishNotReadyAddresses], ['None', true]);
  });

  it('select the pods that they make', () => {
    const labels = Object.entries(set.template.metadata.labels);
    const selects = (selector: Record<string, string>) =>
      Object.entries(selector).every(([name, value]) => labels.some(([own, is]) => own === name && is === value));
    const selectors = [
      set.selector.matchLabels,
      manifests.get('Service/pheme').spec.selector,
      manifests.get('Service/pheme-rpc').spec.selector,
      manifests.get('PodDisruptionBudget/pheme').spec.selector.matchLabels,
      manifests.get('NetworkPolicy/pheme').spec.podSelector.matchLabels,
      pod.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector
        .matchLabels,
    ];
    for (const selector of selectors) assert.ok(selector !== undefined && selects(selector), JSON.stringify(selector));
  });

  it('give no container a right that it does not need, as the restricted standard asks', () => {
    assert.equal(manifests.get('Namespace/pheme').metadata.labels['pod-security.kubernetes.io/enforce'], 'restricted');
    assert.equal(pod.automountServiceAccountToken, false);
    const { runAsNonRoot, runAsUser, seccompProfile } = pod.securityContext;
    assert.deepEqual([runAsNonRoot, runAsUser, seccompProfile], [true, 1000, { type: 'RuntimeDefault' }]);
    for (const { name, securityContext, resources, image } of [...pod.initContainers, ...pod.containers]) {
      const expected = {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      };
      assert.deepEqual(securityContext, expected, name);
      assert.ok(resources.requests.cpu && resources.requests.memory && resources.limits.memory, name);
      assert.match(image, /^pheme-validator:\d+\.\d+\.\d+$/, name);
    }
  });

  it('use the version of the package', async () => {
    const { version } = JSON.parse(await text('package.json')) as { version: string };
    assert.equal(pod.containers[0].image, `pheme-validator:${version}`);
  });

  it('start again what is dead, and only wait for what has no quorum', () => {
    const [{ startupProbe, livenessProbe, readinessProbe }] = pod.containers;
    const asked = [startupProbe, livenessProbe, readinessProbe].map(({ exec }) => exec.command.at(-1));
    assert.deepEqual(asked, ['/livez', '/livez', '/readyz']);
    assert.equal(manifests.get('PodDisruptionBudget/pheme').spec.maxUnavailable, 1);
  });

  it('let peers speak to peers, clients that say so to the RPC, and nothing else in or out', () => {
    const { policyTypes, ingress, egress } = manifests.get('NetworkPolicy/pheme').spec;
    assert.deepEqual(policyTypes, ['Ingress', 'Egress']);
    const ports = (rules: Manifest[]) => rules.map((rule) => rule.ports.map(({ port }: Manifest) => port));
    assert.deepEqual(ports(ingress), [[7435], [7436]]);
    assert.deepEqual(ports(egress), [[7435], [53, 53]]);
    for (const rule of [...ingress.map(({ from }: Manifest) => from), ...egress.map(({ to }: Manifest) => to)])
      assert.ok(rule.length > 0);
  });

  it('set only variables that pheme knows, and name all four as peers', () => {
    const { name } = pod.containers[0].envFrom[0].configMapRef;
    const variables = { ...manifests.get(`ConfigMap/${name}`).data };
    for (const { name: variable, value = '' } of pod.containers[0].env) variables[variable] = value;
    const faults: Fault[] = [];
    const { values } = environmentLayer(variables, 'environment', faults);
    assert.deepEqual(faults, []);
    const { peers } = values['network'] as { peers: string[] };
    assert.deepEqual(
      peers,
      PODS.map((host) => `/dns/${host}.pheme/tcp/7435`),
    );
  });

  it('take keys and tokens out of a Secret, each pod its own only, and hold none', async function () {
    const net = join(directory(), 'net');
    const places = hostPlaces(PODS.map((host) => `${host}.pheme`));
    const { validators } = await createTestnet({ directory: net, places, kind: 'devnet' });
    const path = `${systemProgram(this, 'kubectl').replace(/\/kubectl$/, '')}:${process.env['PATH']}`;
    const { stdout } = await run('sh', [join(FOLDER, 'secret.sh'), net], { env: { PATH: path, HOME: directory() } });
    const secret = parse(stdout) as { kind: string; metadata: Manifest; data: Record<string, string> };
    const { secretName, items } = pod.volumes.find((volume: Manifest) => volume.secret !== undefined).secret;
    assert.deepEqual([secret.kind, secret.metadata.name, secret.metadata.namespace], ['Secret', secretName, 'pheme']);
    assert.deepEqual(new Set(items.map(({ key }: Manifest) => key)), new Set(Object.keys(secret.data)));
    for (const [index, host] of PODS.entries()) {
      const own = items.filter((item: Manifest) => item.path.startsWith(`${host}/`));
      assert.equal(own.length, 3);
      const { key } = own.find((item: Manifest) => item.path.endsWith('/key.json'));
      const held = Buffer.from(secret.data[key]!, 'base64').toString();
      assert.equal(held, await readFile(join(validators[index]!.home, 'key.json'), 'utf8'));
    }
    const [home] = pod.initContainers;
    const mount = home.volumeMounts.find(({ mountPath }: Manifest) => mountPath === '/secret');
    assert.equal(mount.subPathExpr, '$(POD_NAME)');
    assert.deepEqual(
      pod.containers[0].volumeMounts.map(({ name }: Manifest) => name),
      ['home', 'tmp'],
    );
    assert.ok(![...manifests.keys()].some((name) => name.startsWith('Secret/')));
  });

  it('fill an empty volume, keep one that is in use, and refuse that of another network', async () => {
    const [secret, home] = ['secret', 'home'].map((name) => join(directory(), name)) as [string, string];
    for (const folder of [secret, home]) await mkdir(folder);
    for (const name of ['key.json', 'api-token', 'genesis.json']) await writeFile(join(secret, name), `${name} 1`);
    await chmod(join(secret, 'key.json'), 0o440);
    const [script] = pod.initContainers[0].args as string[];
    const local = script!.replaceAll('/pheme/', `${home}/`).replaceAll('/secret/', `${secret}/`);
    const start = () => run('sh', ['-ec', local]);
    await start();
    assert.equal(await readFile(join(home, 'key.json'), 'utf8'), 'key.json 1');
    assert.equal((await stat(join(home, 'key.json'))).mode & 0o777, 0o600);
    await writeFile(join(home, 'key.json'), 'key.json bound to its data');
    await writeFile(join(secret, 'api-token'), 'api-token 2');
    await start();
    assert.equal(await readFile(join(home, 'key.json'), 'utf8'), 'key.json bound to its data');
    assert.equal(await readFile(join(home, 'api-token'), 'utf8'), 'api-token 2');
    await writeFile(join(secret, 'genesis.json'), 'genesis.json 2');
    await assert.rejects(start(), ({ stdout }: { stdout: string }) => /belongs to another network/.test(stdout));
  });
});

describe('the unit of systemd', () => {
  const UNIT = fileURLToPath(new URL('docker/systemd/pheme.service', ROOT));

  it('is valid, and locks the service in', async function () {
    const analyze = systemProgram(this, 'systemd-analyze');
    const { stdout, stderr } = await run(analyze, ['verify', UNIT]);
    assert.equal(stdout + stderr, '');
    const { stdout: report } = await run(analyze, ['security', '--offline=true', '--threshold=20', UNIT]);
    assert.match(report, /Overall exposure level for pheme\.service: 1\.\d OK/);
  });
});
