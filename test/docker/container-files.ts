import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

export const ROOT = new URL('../../', import.meta.url);

/** Text of a file of the repository. */
export function text(path: string): Promise<string> {
  return readFile(new URL(path, ROOT), 'utf8');
}

/** What the tests ask of a service of the compose file. */
export interface Service {
  image: string;
  /** Undefined where it always runs. */
  profiles?: string[];
  pull_policy: string;
  read_only: boolean;
  cap_drop: string[];
  cap_add?: string[];
  security_opt: string[];
  privileged?: boolean;
  user?: string;
  command: string[];
  environment?: Record<string, string>;
  networks?: string[];
  network_mode?: string;
  ports?: string[];
  restart?: string;
  healthcheck: { test?: string[] };
  volumes: (string | { source: string; target: string; volume: { subpath: string } })[];
}

/** The services of docker/compose.yml by name, anchors and merges resolved. */
export async function composeServices(): Promise<Map<string, Service>> {
  const compose = parse(await text('docker/compose.yml'), { merge: true }) as { services: Record<string, Service> };
  return new Map(Object.entries(compose.services));
}

export interface Instruction {
  name: string;
  value: string;
}

/** The instructions of docker/Dockerfile in order; continued lines are joined, comments left out. */
export async function dockerfile(): Promise<Instruction[]> {
  const lines = (await text('docker/Dockerfile')).split('\n').filter((line) => !/^\s*(?:#|$)/.test(line));
  const joined = lines.join('\n').replaceAll(/\\\n\s*/g, '');
  return joined.split('\n').map((line) => {
    const [, name, value] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`not an instruction: ${line}`);
    return { name, value };
  });
}

/** The instructions of the image that is shipped: those after the last FROM, itself included. */
export async function runtimeStage(): Promise<Instruction[]> {
  const all = await dockerfile();
  return all.slice(all.findLastIndex(({ name }) => name === 'FROM'));
}

/** The variables that the image sets. */
export async function imageEnvironment(): Promise<Record<string, string>> {
  const set = (await runtimeStage()).filter(({ name }) => name === 'ENV').flatMap(({ value }) => value.split(/\s+/));
  return Object.fromEntries(set.map((assignment) => assignment.split(/=(.*)/s, 2) as [string, string]));
}
