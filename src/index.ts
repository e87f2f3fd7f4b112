/** The public library of `@pheme/validator-node`: the classes that the daemon runs on, and the words they speak. */

export { ConsensusProtocol, type IndexedResult } from './consensus/protocol.ts';
export { BaseModel } from './models/base-model.ts';
export { CustomValidator, type CustomValidatorOptions } from './models/custom/custom-validator.ts';
export type { ModelFile } from './models/custom/model-file.ts';
export type { LabelledTask } from './models/custom/rows.ts';
export type { TrainOptions } from './models/custom/training.ts';
export { AIModelManager, type AIModelManagerOptions } from './models/manager.ts';
export { createMockCodeReviewTask } from './models/mock-task.ts';
export type { ModelSettings } from './models/settings.ts';
export { createVerifyingClient, type VerifiedResult, type VerifyingClient } from './node/client.ts';
export { HealthMonitor, type HealthProbes } from './node/health-monitor.ts';
export { MetricsRecorder } from './node/metrics-recorder.ts';
export { type RetryOptions, retry } from './node/retry.ts';
export { type ConsensusParticipant, TaskProcessor, type TaskProcessorOptions } from './node/task-processor.ts';
export { type NetworkValidation, ValidationNetwork, type ValidationNetworkOptions } from './node/validation-network.ts';
export { ValidatorNode, type ValidatorNodeDependencies, type ValidatorNodeOptions } from './node/validator-node.ts';
export { type Check, type Expectations, type Verification, verifyResult } from './node/verify.ts';
export { type Committee, createCommittee } from './protocol/committee.ts';
export { type ConsensusResult, type JudgementView, parseConsensusResult } from './protocol/consensus-result.ts';
export { type Fault, ValidationError } from './protocol/errors.ts';
export { type Genesis, parseGenesis } from './protocol/genesis.ts';
export type { AbstainReason, Coverage, Finding, Judgement, Vote } from './protocol/judgement.ts';
export {
  type CodeReviewTask,
  encodeTask,
  parseTask,
  type SkillAssessmentTask,
  type Task,
  taskIdOf,
} from './protocol/task.ts';
export type { ValidationResult } from './protocol/validation-result.ts';
export type { Outcome, Reason } from './protocol/value.ts';
export type { HealthReport, WorkerMetrics } from './rpc/api.ts';
export { createRpcClient, type RpcClient, type RpcClientOptions } from './rpc/client.ts';
export type { RpcEvent } from './rpc/events.ts';
export type { MethodName, ParamsOf, ResultOf } from './rpc/methods.ts';
