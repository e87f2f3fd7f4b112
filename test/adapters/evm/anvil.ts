import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Context } from 'mocha';

const BINARY = fileURLToPath(new URL('../../../node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil', import.meta.url));
export const CHAIN_ID = 31_337;

/** Accounts of anvil's own published mnemonic: worth nothing anywhere. */
export const OWNER_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
export const OTHER_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';

/** A real chain node; its blocks are made on demand. */
export class Anvil {
  readonly url: string;
  readonly #port: number;
  readonly #statePath: string;
  #process: ChildProcess | undefined;

  constructor(port: number, statePath: string) {
    this.#port = port;
    this.#statePath = statePath;
    this.url = `http://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const state = ['--state', this.#statePath, '--preserve-historical-states'];
    const args = ['--host', '127.0.0.1', '--port', String(this.#port), '--no-mining', '--chain-id', String(CHAIN_ID)];
    const child = spawn(BINARY, [...args, ...state], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    for await (const chunk of child.stdout!) if (String(chunk).includes('Listening on')) break;
  }

  /** Ends it by a signal that lets it keep its state. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGINT');
    await once(child, 'exit');
  }

  async rpc(method: string, ...params: unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const response = await fetch(this.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async mine(blocks = 1): Promise<void> {
    await this.rpc('anvil_mine', `0x${blocks.toString(16)}`);
  }

  /** Hashes of the transactions that wait. */
  async waiting(): Promise<{ hash: string; maxFeePerGas: string; nonce: string }[]> {
    const { pending } = (await this.rpc('txpool_content')) as {
      pending: Record<string, Record<string, { hash: string; maxFeePerGas: string; nonce: string }>>;
    };
    return Object.values(pending).flatMap((byNonce) => Object.values(byNonce));
  }
}

/** A chain node on a free port; skipped by name on other machines than its package is for. */
export async function newAnvil(test: Context, statePath: string): Promise<Anvil> {
  if (!existsSync(BINARY)) {
    const message = '@foundry-rs/anvil-linux-amd64 is missing (Linux on x64 only): npm install';
    if (process.env['CI']) throw new Error(message);
    process.stderr.write(`skipped: ${test.currentTest?.fullTitle() ?? 'a test'}: ${message}\n`);
    test.skip();
  }
  const anvil = new Anvil(await freePort(), statePath);
  await anvil.start();
  return anvil;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
