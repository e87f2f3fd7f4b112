/** What `protocol/` takes of node:buffer; the package lacks the one check. */
export { Buffer } from 'buffer/index.js';

const STRICT_DECODER = new TextDecoder('utf-8', { fatal: true });

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    STRICT_DECODER.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
