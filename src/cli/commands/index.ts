import type { CommandDefinition } from '../program.ts';

/** Commands that are defined together. */
interface CommandFile {
  names: readonly string[];
  define(): Promise<CommandDefinition>;
}

/** In the order of the help. Imported when asked for: a command waits for the code it needs, and for no more. */
const COMMAND_FILES: readonly CommandFile[] = [
  { names: ['review'], define: async () => (await import('./review.ts')).defineReview },
  { names: ['assess'], define: async () => (await import('./assess.ts')).defineAssess },
  { names: ['submit'], define: async () => (await import('./submit.ts')).defineSubmit },
  { names: ['hook'], define: async () => (await import('./hook.ts')).defineHook },
  { names: ['escalate'], define: async () => (await import('./escalate.ts')).defineEscalate },
  { names: ['judge'], define: async () => (await import('./judge.ts')).defineJudge },
  { names: ['results'], define: async () => (await import('./results.ts')).defineResults },
  { names: ['result'], define: async () => (await import('./results.ts')).defineResult },
  { names: ['explain'], define: async () => (await import('./explain.ts')).defineExplain },
  { names: ['evidence'], define: async () => (await import('./evidence.ts')).defineEvidence },
  { names: ['verify'], define: async () => (await import('./verify.ts')).defineVerify },
  { names: ['export'], define: async () => (await import('./export.ts')).defineExport },
  { names: ['init'], define: async () => (await import('./init.ts')).defineInit },
  { names: ['testnet'], define: async () => (await import('./testnet.ts')).defineTestnet },
  { names: ['epoch'], define: async () => (await import('./epoch.ts')).defineEpoch },
  { names: ['devnet'], define: async () => (await import('./devnet.ts')).defineDevnet },
  { names: ['start'], define: async () => (await import('./start.ts')).defineStart },
  { names: ['status', 'peers', 'validators', 'health'], define: async () => (await import('./views.ts')).defineViews },
  { names: ['doctor'], define: async () => (await import('./doctor.ts')).defineDoctor },
  { names: ['debug'], define: async () => (await import('./debug.ts')).defineDebug },
  { names: ['worker'], define: async () => (await import('./worker.ts')).defineWorker },
  { names: ['queue'], define: async () => (await import('./queue.ts')).defineQueue },
  { names: ['train'], define: async () => (await import('./train.ts')).defineTrain },
  { names: ['recommend'], define: async () => (await import('./recommend.ts')).defineRecommend },
  { names: ['mcp'], define: async () => (await import('./mcp.ts')).defineMcp },
  { names: ['backup'], define: async () => (await import('./backup.ts')).defineBackup },
  { names: ['forget'], define: async () => (await import('./forget.ts')).defineForget },
  { names: ['chain'], define: async () => (await import('./chain.ts')).defineChain },
  { names: ['keys'], define: async () => (await import('./keys.ts')).defineKeys },
  { names: ['config'], define: async () => (await import('./config.ts')).defineConfig },
  { names: [], define: async () => (await import('./completion.ts')).defineCompletion }, // completes all of them: loads all
  { names: ['version'], define: async () => (await import('./version.ts')).defineVersion },
];

/**
 * The commands that a command line can mean.
 * @param name its first operand; unless that is the name of a command (help, a slip of the pen), all
 */
export async function commandsOf(name?: string): Promise<CommandDefinition[]> {
  const named = COMMAND_FILES.filter(({ names }) => name !== undefined && names.includes(name));
  return Promise.all((named.length > 0 ? named : COMMAND_FILES).map(({ define }) => define()));
}
