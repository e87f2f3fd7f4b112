import type { CommandDefinition } from '../program.ts';
import { defineAssess } from './assess.ts';
import { defineBackup } from './backup.ts';
import { defineChain } from './chain.ts';
import { defineCompletion } from './completion.ts';
import { defineConfig } from './config.ts';
import { defineDebug } from './debug.ts';
import { defineDevnet } from './devnet.ts';
import { defineDoctor } from './doctor.ts';
import { defineEpoch } from './epoch.ts';
import { defineEscalate } from './escalate.ts';
import { defineEvidence } from './evidence.ts';
import { defineExplain } from './explain.ts';
import { defineExport } from './export.ts';
import { defineForget } from './forget.ts';
import { defineHook } from './hook.ts';
import { defineInit } from './init.ts';
import { defineJudge } from './judge.ts';
import { defineKeys } from './keys.ts';
import { defineMcp } from './mcp.ts';
import { defineQueue } from './queue.ts';
import { defineRecommend } from './recommend.ts';
import { defineResult, defineResults } from './results.ts';
import { defineReview } from './review.ts';
import { defineStart } from './start.ts';
import { defineSubmit } from './submit.ts';
import { defineTestnet } from './testnet.ts';
import { defineTrain } from './train.ts';
import { defineVerify } from './verify.ts';
import { defineVersion } from './version.ts';
import { defineViews } from './views.ts';
import { defineWorker } from './worker.ts';

/** In the order of the help. */
export const COMMANDS: readonly CommandDefinition[] = [
  defineReview,
  defineAssess,
  defineSubmit,
  defineHook,
  defineEscalate,
  defineJudge,
  defineResults,
  defineResult,
  defineExplain,
  defineEvidence,
  defineVerify,
  defineExport,
  defineInit,
  defineTestnet,
  defineEpoch,
  defineDevnet,
  defineStart,
  defineViews,
  defineDoctor,
  defineDebug,
  defineWorker,
  defineQueue,
  defineTrain,
  defineRecommend,
  defineMcp,
  defineBackup,
  defineForget,
  defineChain,
  defineKeys,
  defineConfig,
  defineCompletion,
  defineVersion,
];
