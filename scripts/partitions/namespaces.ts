import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isAlive } from '../processes.ts';

const run = promisify(execFile);

/** The program of iproute2. */
export const IP = 'ip';
/** A network of its own inside the machine: nothing routes out of it. */
const SUBNET = '10.77.0';
const PREFIX = 'pheme';
const INTERFACE = 'eth0';

/** What is missing on this machine, with the command that brings it; undefined if nothing is. */
export async function missingForNamespaces(): Promise<string | undefined> {
  if (process.getuid?.() !== 0)
    return 'network namespaces need root: run this as root, in a container or a virtual machine';
  for (const [program, debianPackage] of [
    [IP, 'iproute2'],
    ['iptables', 'iptables'],
  ] as const) {
    const found = await run(program, ['-V']).then(
      () => true,
      () => false,
    );
    if (!found) return `${program} is missing: apt-get install -y ${debianPackage}`;
  }
  return undefined;
}

/** Hosts 0, 1, ... each in a network namespace, on one bridge in another. */
export class Namespaces {
  readonly count: number;
  readonly #switch = `${PREFIX}${process.pid}-switch`;

  private constructor(count: number) {
    this.count = count;
  }

  /** Also removes what processes that no longer run have left. */
  static async create(count: number): Promise<Namespaces> {
    await removeLeftOver();
    const namespaces = new Namespaces(count);
    try {
      await namespaces.#build();
      return namespaces;
    } catch (error) {
      await namespaces.remove();
      throw error;
    }
  }

  nameOf(index: number): string {
    return `${PREFIX}${process.pid}-${index}`;
  }

  addressOf(index: number): string {
    return `${SUBNET}.${index + 1}`;
  }

  /** What host `from` sends does not reach host `to` any more. */
  async cut(from: number, to: number): Promise<void> {
    await this.#iptables(to, ['-I', 'INPUT', '-i', INTERFACE, '-s', this.addressOf(from), '-j', 'DROP']);
  }

  /** A share of what a host is sent is lost. */
  async lose(index: number, share: number): Promise<void> {
    const random = ['-m', 'statistic', '--mode', 'random', '--probability', `${share}`];
    await this.#iptables(index, ['-I', 'INPUT', '-i', INTERFACE, ...random, '-j', 'DROP']);
  }

  /** What a host sends arrives later. @throws Error where the kernel has no netem */
  async delay(index: number, ms: number, jitterMs: number): Promise<void> {
    const netem = ['netem', 'delay', `${ms}ms`, `${jitterMs}ms`, 'limit', '10000'];
    await run(IP, ['netns', 'exec', this.nameOf(index), 'tc', 'qdisc', 'replace', 'dev', INTERFACE, 'root', ...netem]);
  }

  /** Undoes all of that. */
  async heal(): Promise<void> {
    await Promise.all(this.#indexes().map((index) => this.#iptables(index, ['-F', 'INPUT'])));
    const reset = (index: number) =>
      run(IP, ['netns', 'exec', this.nameOf(index), 'tc', 'qdisc', 'del', 'dev', INTERFACE, 'root']);
    await Promise.all(this.#indexes().map((index) => reset(index).catch(() => undefined))); // most have none
  }

  async remove(): Promise<void> {
    for (const name of [...this.#indexes().map((index) => this.nameOf(index)), this.#switch])
      await run(IP, ['netns', 'del', name]).catch(() => undefined); // was never made
  }

  #indexes(): number[] {
    return Array.from({ length: this.count }, (_, index) => index);
  }

  async #build(): Promise<void> {
    const bridge = this.#switch;
    await run(IP, ['netns', 'add', bridge]);
    await run(IP, ['-n', bridge, 'link', 'add', 'br0', 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0']);
    await run(IP, ['-n', bridge, 'link', 'set', 'br0', 'up']);
    for (const index of this.#indexes()) {
      const [name, port] = [this.nameOf(index), `port${index}`];
      await run(IP, ['netns', 'add', name]);
      await run(IP, ['-n', name, 'link', 'add', INTERFACE, 'type', 'veth', 'peer', 'name', port, 'netns', bridge]);
      await run(IP, ['-n', bridge, 'link', 'set', port, 'master', 'br0', 'up']);
      await run(IP, ['-n', name, 'addr', 'add', `${this.addressOf(index)}/24`, 'dev', INTERFACE]);
      await run(IP, ['-n', name, 'link', 'set', 'lo', 'up']);
      await run(IP, ['-n', name, 'link', 'set', INTERFACE, 'up']);
    }
  }

  #iptables(index: number, rule: readonly string[]): Promise<unknown> {
    return run(IP, ['netns', 'exec', this.nameOf(index), 'iptables', '-w', ...rule]);
  }
}

/** Whether this kernel can delay packets. */
export async function hasNetem(namespaces: Namespaces): Promise<boolean> {
  const works = await namespaces.delay(0, 1, 0).then(
    () => true,
    () => false,
  );
  await namespaces.heal();
  return works;
}

async function removeLeftOver(): Promise<void> {
  const { stdout } = await run(IP, ['netns', 'list']);
  for (const [name, pid] of stdout.matchAll(new RegExp(`^${PREFIX}(\\d+)-\\w+`, 'gm')))
    if (!isAlive(Number(pid))) await run(IP, ['netns', 'del', name]);
}
