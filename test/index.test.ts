import assert from 'node:assert/strict';
import {
  AIModelManager,
  BaseModel,
  ConsensusProtocol,
  createCommittee,
  createMockCodeReviewTask,
  HealthMonitor,
  type Judgement,
  parseGenesis,
  TaskProcessor,
  ValidationError,
  ValidationNetwork,
  type ValidatorNode,
  verifyResult,
} from '../src/index.ts';

describe('the library, in the words of the founding documents', () => {
  it('new TaskProcessor(createMockCodeReviewTask()).validate() approves a clean change with confidence above 0.8', async () => {
    const result = await new TaskProcessor(createMockCodeReviewTask()).validate();
    assert.equal(result.approved, true);
    assert.ok(result.confidence > 0.8, `confidence ${result.confidence}`);
  });

  it('new ValidationNetwork().validate(task) gives consensus by more than one validator', async () => {
    const network = new ValidationNetwork();
    try {
      const { consensus, validators, result } = await network.validate(createMockCodeReviewTask());
      assert.equal(consensus, true);
      assert.ok(validators.length > 1);
      assert.equal(verifyResult(result, network.genesis!).authentic, true);
    } finally {
      await network.stop();
    }
  });

  it('refuses what is no task before anything is asked', async () => {
    await assert.rejects(new TaskProcessor({ type: 'POETRY' }).validate(), isValidationError('INVALID_TASK'));
    const empty = { ...createMockCodeReviewTask(), pullRequest: { url: '', diff: 'no diff at all', files: [] } };
    await assert.rejects(new TaskProcessor(empty).validate(), isValidationError('INVALID_TASK'));
  });
});

describe('ValidationNetwork', () => {
  let network: ValidationNetwork;
  let nodes: ValidatorNode[];

  /** Judges of this test's own, one a validator. */
  const judges = ['approve', 'approve', 'approve', 'broken'].map((answer) => ({
    judge: async (): Promise<Judgement> => {
      if (answer === 'broken') throw new Error('no model today');
      return judgement();
    },
  }));

  before(async () => {
    network = new ValidationNetwork({ judges });
    nodes = await network.nodes();
  });
  after(() => network.stop());

  it('gives the same core at every validator, whichever was asked', async () => {
    const task = createMockCodeReviewTask();
    const results = await Promise.all(nodes.map((node) => node.validate(task)));
    assert.equal(new Set(results.map(({ core }) => core)).size, 1);
    assert.equal(results[0]!.outcome, 'APPROVED');
  });

  it('counts a broken model as an abstention with its reason', async () => {
    const task = { ...createMockCodeReviewTask(), repository: 'with-a-broken-model' };
    const { judgements = [] } = await nodes[0]!.validate(task);
    const abstained = judgements.filter(({ vote }) => vote === 'abstain');
    // A quorum may be fast enough to leave the fourth out.
    for (const { abstainReason } of abstained) assert.equal(abstainReason, 'model_error');
    assert.equal(nodes[3]!.metrics().validationFailure > 0, true);
  });

  it('says that less than a quorum is connected, and keeps the task open', async () => {
    const pair = new ValidationNetwork({ judges });
    const [first, second, third, fourth] = (await pair.nodes()) as [
      ValidatorNode,
      ValidatorNode,
      ValidatorNode,
      ValidatorNode,
    ];
    await third.stop();
    await fourth.stop();
    const taskId = await first.submit(createMockCodeReviewTask());
    const waiting = first.waitForResult(taskId, 300, new AbortController().signal);
    await assert.rejects(waiting, isValidationError('UNAVAILABLE'));
    assert.equal(await first.getResult(taskId), null);
    assert.equal(first.engine.openTasks.has(taskId), true);
    const { healthy, validators } = await first.health.checkHealth();
    assert.equal(healthy, false);
    assert.match(validators.reasons.join(), /weight 2 of 4/);
    await first.stop();
    await second.stop();
  });

  it('gives the metrics of a worker in the documented words', () => {
    const metrics = nodes[0]!.metrics();
    assert.deepEqual(Object.keys(metrics).sort(), [
      'averageProcessingTime',
      'jobsProcessed',
      'modelLatency',
      'validationFailure',
      'validationSuccess',
      'validatorHealth',
    ]);
    assert.equal(metrics.jobsProcessed, metrics.validationSuccess + metrics.validationFailure);
    assert.equal(Object.values(metrics.validatorHealth).every(Boolean), true);
  });
});

describe('ConsensusProtocol', () => {
  it('reaches consensus on results in any order', () => {
    const protocol = new ConsensusProtocol(createCommittee(parseGenesis(genesisOfThree())));
    const results = [0, 1, 2].map((index) => ({ index, result: signedResult(index === 2 ? 'reject' : 'approve') }));
    const { outcome, reason } = protocol.reachConsensus(results);
    assert.deepEqual({ outcome, reason }, { outcome: 'INCONCLUSIVE', reason: 'split' });
    assert.deepEqual(protocol.reachConsensus([...results].reverse()), protocol.reachConsensus(results));
    assert.throws(() => protocol.reachConsensus([results[0]!, results[0]!]), isValidationError('INVALID_RESULTS'));
    assert.throws(() => protocol.reachConsensus([{ ...results[0]!, index: 3 }]), isValidationError('INVALID_RESULTS'));
  });
});

describe('AIModelManager', () => {
  it('asks a model of the caller', async () => {
    class Cautious extends BaseModel {
      readonly identity = { id: 'cautious', family: 'test' };
      async predict(): Promise<Judgement> {
        return { ...judgement(), vote: 'abstain', abstainReason: 'low_confidence', confidence: 0.5 };
      }
    }
    const manager = new AIModelManager({ instances: { cautious: new Cautious() }, default: 'cautious' });
    const { vote } = await manager.predict(createMockCodeReviewTask());
    assert.equal(vote, 'abstain');
    assert.ok('cautious' in manager.latencyMs);
  });
});

describe('HealthMonitor', () => {
  it('is unhealthy as soon as one part is, and says why', async () => {
    const none = () => [];
    const monitor = new HealthMonitor({ queue: none, models: () => ['no answer'], validators: none, database: none });
    const { healthy, models, queue } = await monitor.checkHealth();
    assert.equal(healthy, false);
    assert.deepEqual(models, { healthy: false, reasons: ['no answer'] });
    assert.deepEqual(queue, { healthy: true, reasons: [] });
  });
});

function isValidationError(code: string) {
  return (error: unknown) => error instanceof ValidationError && error.code === code;
}

function judgement(): Judgement {
  return {
    vote: 'approve',
    confidence: 0.9,
    complete: true,
    summary: 'fine',
    findings: [],
    coverage: { filesTotal: 1, filesJudged: 1, linesTotal: 1, linesJudged: 1, omitted: [] },
    model: { id: 'test', family: 'test' },
  };
}

function signedResult(vote: 'approve' | 'reject') {
  const digest = 'ab'.repeat(32);
  return {
    vote,
    abstainReason: null,
    confidencePpm: 900_000,
    scorePpm: null,
    complete: true,
    coverageDigest: digest,
    reportDigest: digest,
    modelId: 'test',
    modelFamily: 'test',
    modelDigest: null,
    promptDigest: null,
    judgedAtSeconds: 1,
  };
}

function genesisOfThree() {
  // Public keys of RFC 8032, 7.1: real points, nobody's validators.
  const keys = [
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
  ];
  return {
    format: 'pheme-genesis/1',
    name: 'three',
    kind: 'devnet',
    createdAt: 1,
    validators: keys.map((publicKey) => ({ publicKey, weight: 1 })),
    validation: { minConfidence: 0.8, requiredValidators: 2, consensusThreshold: 0.7, minModelFamilies: 1 },
    timers: {
      judgeBudgetMs: 100,
      observeMs: 200,
      graceMs: 10,
      revealGraceMs: 10,
      finalMs: 10,
      roundBaseMs: 10,
      roundCapMs: 20,
    },
  };
}
