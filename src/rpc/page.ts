import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { rpcFailure } from './errors.ts';

/** A file of the dashboard, ready to be sent. */
export interface PageFile {
  body: Buffer;
  headers: Record<string, string>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
};

/** Nothing but the node's own files and answers: no inline script, no other origin, no frame around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** One plain name: no slash, no percent sign and no leading dot, so that no path leads out of the folder. */
const ASSET = /^\/assets\/([A-Za-z0-9_-][A-Za-z0-9._-]{0,127})$/;
/** The build puts a digest of the content into these names: what they hold never changes. */
const DIGEST_IN_NAME = /-[A-Za-z0-9_-]{8}\.[a-z]+$/;

/** True if a path is one of the dashboard's. */
export function isPagePath(path: string): boolean {
  return path === '/' || ASSET.test(path);
}

/**
 * Reads a file of the built dashboard.
 * @param folder undefined if this node serves none
 * @throws ValidationError NOT_FOUND
 */
export async function readPage(folder: string | undefined, path: string): Promise<PageFile> {
  const asset = ASSET.exec(path)?.[1];
  const name = asset ?? 'index.html';
  const type = TYPES[extname(name)];
  if (folder === undefined || type === undefined) throw missing(asset);
  try {
    const body = await readFile(asset === undefined ? join(folder, name) : join(folder, 'assets', asset));
    const caching = DIGEST_IN_NAME.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache';
    return { body, headers: { ...HEADERS, 'content-type': type, 'cache-control': caching } };
  } catch (error) {
    throw missing(asset, (error as NodeJS.ErrnoException).code);
  }
}

function missing(asset: string | undefined, cause?: string) {
  const what =
    asset === undefined ? 'the dashboard is not built here: npm run build makes it' : 'there is no such file';
  return rpcFailure('NOT_FOUND', `${what}; POST / takes JSON-RPC, GET /rpc/METHOD reads`, cause ? { cause } : {});
}
