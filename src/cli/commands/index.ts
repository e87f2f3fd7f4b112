import type { CommandDefinition } from '../program.ts';
import { defineAssess } from './assess.ts';
import { defineConfig } from './config.ts';
import { defineDevnet } from './devnet.ts';
import { defineExport } from './export.ts';
import { defineInit } from './init.ts';
import { defineJudge } from './judge.ts';
import { defineKeys } from './keys.ts';
import { defineResult, defineResults } from './results.ts';
import { defineReview } from './review.ts';
import { defineStart } from './start.ts';
import { defineSubmit } from './submit.ts';
import { defineTestnet } from './testnet.ts';
import { defineTrain } from './train.ts';
import { defineVerify } from './verify.ts';
import { defineVersion } from './version.ts';
import { defineViews } from './views.ts';

/** In the order of the help. */
export const COMMANDS: readonly CommandDefinition[] = [
  defineReview,
  defineAssess,
  defineSubmit,
  defineJudge,
  defineResults,
  defineResult,
  defineVerify,
  defineExport,
  defineInit,
  defineTestnet,
  defineDevnet,
  defineStart,
  defineViews,
  defineTrain,
  defineKeys,
  defineConfig,
  defineVersion,
];
