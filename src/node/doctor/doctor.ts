import { checkClock } from './clock-checks.ts';
import { checkData } from './data-checks.ts';
import { type DoctorOptions, type Facts, gatherFacts } from './facts.ts';
import { type Finding, failureOf, type State } from './finding.ts';
import { checkConfig, checkGenesis, checkHome, checkKey, checkTokens } from './home-checks.ts';
import { checkDisk, checkLimits, checkNode } from './machine-checks.ts';
import { checkModels } from './model-checks.ts';
import { checkPeers } from './peer-checks.ts';
import { checkPorts } from './ports-checks.ts';
import { checkServices } from './services.ts';

export interface DoctorReport {
  /** The worst of the findings. */
  state: State;
  home: string;
  /** True if the home's own node answers. */
  running: boolean;
  findings: Finding[];
}

/** In the order in which a reader wants to mend: what stands first is often the cause of what follows. */
const CHECKS: readonly [what: string, check: (facts: Facts) => Promise<Finding[]>][] = [
  ['Node.js', checkNode],
  ['home', checkHome],
  ['config', checkConfig],
  ['key', checkKey],
  ['api-token', checkTokens],
  ['genesis', checkGenesis],
  ['limits', checkLimits],
  ['disk', checkDisk],
  ['data', checkData],
  ['ports', checkPorts],
  ['peers', checkPeers],
  ['clock', checkClock],
  ['models', checkModels],
  ['services', checkServices],
];

/** Examines a home, its machine and what it needs of the outside; the node may run or not. Changes nothing. */
export async function examine(options: DoctorOptions): Promise<DoctorReport> {
  const { signal, onProgress } = options;
  const facts = await gatherFacts(options);
  const findings: Finding[] = [];
  for (const [what, check] of CHECKS) {
    signal.throwIfAborted();
    onProgress?.(`examining ${what}`);
    findings.push(...(await guarded(what, () => check(facts), signal)));
  }
  return { state: worstOf(findings), home: facts.home, running: facts.running !== undefined, findings };
}

/** A check that fails must not hide what the others find. */
async function guarded(what: string, check: () => Promise<Finding[]>, signal: AbortSignal): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    signal.throwIfAborted();
    return [failureOf(what, error)];
  }
}

function worstOf(findings: readonly Finding[]): State {
  const has = (state: State) => findings.some((finding) => finding.state === state);
  return has('failure') ? 'failure' : has('warning') ? 'warning' : 'ok';
}
