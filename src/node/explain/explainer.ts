import type { Epochs } from '../../engine/epochs.ts';
import type { Clock, Logger, PeerKey, SideStore, Store, StoredResult, TimelineEntry } from '../../engine/ports.ts';
import { decodeTimeline } from '../../engine/timeline.ts';
import { bundleFromCbor, type Cert } from '../../protocol/bundle.ts';
import { decodeCanonical } from '../../protocol/cbor.ts';
import type { Committee } from '../../protocol/committee.ts';
import type { Digest } from '../../protocol/hash.ts';
import { decodeCore } from '../../protocol/value.ts';
import type { TaskExplanation, ValidatorPresence } from '../../rpc/api.ts';
import { type DecidedTaskRecord, ParticipationWindow } from '../participation.ts';
import { Presence } from '../presence.ts';
import { explainDecided } from './explain-decided.ts';
import { explainGivenUp, explainOpen } from './explain-open.ts';

/** Results read at once while the window is filled at the start. */
const PAGE_RESULTS = 50;
/** Evidence read at the start: past this a validator is known well enough. */
const EVIDENCE_MAX = 1_000;

export interface ExplainerParts {
  /** Of the newest epoch: presence and participation are told of its validators, over its tasks. */
  committee: Committee;
  /** Own position, or null for an observer. */
  self: number | null;
  store: Store;
  side?: SideStore | undefined;
  clock: Clock;
  logger: Logger;
}

/** Knows who is connected, who took part in what, and why each task came out as it did. */
export class Explainer {
  readonly presence: Presence;
  readonly participation: ParticipationWindow;
  readonly #parts: ExplainerParts;
  #engine: Epochs | undefined;
  #loading: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: ExplainerParts) {
    this.#parts = parts;
    this.presence = new Presence(parts.committee, parts.self, parts.clock.nowMs());
    this.participation = new ParticipationWindow(parts.committee);
  }

  /** Begins to answer for an engine; the tasks of the runs before are read in the background. */
  attach(engine: Epochs): void {
    this.#engine = engine;
    this.#loading = this.#load().catch((error: Error) =>
      this.#parts.logger.warn({ error: error.message }, 'participation before this start is not known'),
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loading;
  }

  onPeer(peer: PeerKey, connected: boolean): void {
    this.presence.note(peer, connected, this.#parts.clock.nowMs());
  }

  onProgress(taskId: Digest, { event, validatorIndex }: TimelineEntry, committee: Committee): void {
    if (committee !== this.#parts.committee) return;
    if (event === 'seen' || event === 'decided') this.#noteAbsences(taskId);
    if (validatorIndex === undefined) return;
    if (event === 'late_signature') this.participation.credit(taskId, validatorIndex);
    if (event === 'equivocated') this.participation.equivocated(validatorIndex);
  }

  onDecided(taskId: Digest, { coreBytes, votes }: Cert, committee: Committee): void {
    if (committee !== this.#parts.committee) return;
    const signers = new Set(votes.map(({ signer }) => signer));
    const timeline = this.#engine?.recentTimeline(taskId) ?? [];
    this.participation.add({ taskId, core: decodeCore(coreBytes), signers, timeline });
  }

  /** Null for a task that this node does not know. */
  async explain(taskId: Digest): Promise<TaskExplanation | null> {
    const { committee } = this.#parts;
    const engine = this.#engine;
    if (engine === undefined) return null;
    const effectiveFamilies = this.participation.effectiveFamilies();
    const timeline = await engine.timeline(taskId);
    const open = engine.openTasks.get(taskId);
    if (open !== undefined && open.instance.decided === null) {
      const { instance, fault } = open;
      return explainOpen({ instance, fault, timeline, absences: this.presence.absences(), effectiveFamilies });
    }
    const cert = await engine.certificate(taskId);
    if (cert === undefined && engine.givenUp.has(taskId))
      return explainGivenUp(committee, taskId, timeline, effectiveFamilies);
    if (cert === undefined) return null;
    return explainDecided({ committee: engine.committeeOf(cert), cert, timeline, effectiveFamilies });
  }

  /** What is known of one validator over time. */
  presenceOf(index: number): ValidatorPresence {
    const state = this.presence.stateOf(index);
    const since = state === undefined ? null : new Date(state.sinceMs).toISOString();
    const absence = this.presence.absences().find((other) => other.index === index);
    return {
      connectedSince: state?.connected === true ? since : null,
      disconnectedSince: state?.connected === false ? since : null,
      ...(absence === undefined ? {} : { absence: absence.sentence }),
      participation: this.participation.of(index),
    };
  }

  /** Who was away when the task came or when it was decided is told with it for good; the later sentence counts. */
  #noteAbsences(taskId: Digest): void {
    for (const { index, sentence } of this.presence.absences()) {
      const entry = { event: 'not_connected', reason: 'not_connected', validatorIndex: index, note: sentence } as const;
      this.#engine?.note(taskId, entry);
    }
  }

  async #load(): Promise<void> {
    const { store, committee } = this.#parts;
    for (const { taskId, validatorIndex } of await store.evidence(EVIDENCE_MAX)) {
      const { epoch } = (await this.#engine?.committeeOfTask(taskId)) ?? committee;
      if (epoch === committee.epoch) this.participation.equivocated(validatorIndex);
    }
    let cursor: number | undefined;
    while (!this.#stopped && !this.participation.isFull) {
      const page = await store.results({
        order: 'newest',
        limit: PAGE_RESULTS,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const records = await Promise.all(page.map((stored) => this.#recordOf(stored)));
      this.participation.addEarlier(records.filter(({ core }) => core.configDigest === committee.configDigest));
      cursor = page.at(-1)?.sequence;
      if (page.length < PAGE_RESULTS) return;
    }
  }

  /** The store's values check themselves, and were checked before they were kept: no signature is checked again. */
  async #recordOf({ taskId, certBytes }: StoredResult): Promise<DecidedTaskRecord> {
    const { coreBytes, groups } = bundleFromCbor(decodeCanonical(certBytes));
    const signers = new Set(groups.flatMap(({ proofs }) => proofs.map(({ validatorIndex }) => validatorIndex)));
    const bytes = await this.#parts.side?.timeline(taskId);
    const timeline = (bytes && decodeTimeline(bytes)) ?? [];
    return { taskId, core: decodeCore(coreBytes!), signers, timeline };
  }
}
