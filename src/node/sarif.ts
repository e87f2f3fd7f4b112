/** SARIF for clients of a node, which see adapters through this folder only. */
export { sarifLog } from '../adapters/exporters/sarif.ts';
