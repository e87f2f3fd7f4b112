import type { StoredResult } from '../../engine/ports.ts';
import type { Digest } from '../../protocol/hash.ts';
import { ppmToNumber } from '../../protocol/ppm.ts';
import type { Task } from '../../protocol/task.ts';
import type { Core } from '../../protocol/value.ts';
import type { SkillRecord } from './skills.ts';

export interface SubjectRecordSources {
  /** Results after a place in the order, oldest first. */
  resultsAfter(sequence: number, limit: number): Promise<StoredResult[]>;
  /** Reads a certificate and checks all of it. */
  open(certBytes: Uint8Array): Core;
  task(taskId: Digest): Promise<Task | null>;
}

const PAGE = 200;
/** Some 300 bytes each: 15 MB. Beyond it the subjects that were met first are forgotten. */
const RECORDS_MAX = 50_000;

/** What signed results show about each subject; reads on from where it stopped whenever it is asked. */
export class SubjectRecords {
  readonly #sources: SubjectRecordSources;
  readonly #bySubject = new Map<string, SkillRecord[]>();
  #count = 0;
  #cursor = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(sources: SubjectRecordSources) {
    this.#sources = sources;
  }

  /** The verdicts about a subject's skills, oldest first; what ended without a verdict shows nothing. */
  async of(subject: string): Promise<readonly SkillRecord[]> {
    this.#reading = this.#reading.catch(() => undefined).then(() => this.#readOn());
    await this.#reading;
    return this.#bySubject.get(subject) ?? [];
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const page = await this.#sources.resultsAfter(this.#cursor, PAGE);
      for (const { taskId, certBytes, sequence } of page) {
        await this.#read(taskId, certBytes);
        this.#cursor = sequence;
      }
      if (page.length < PAGE) return;
    }
  }

  async #read(taskId: Digest, certBytes: Uint8Array): Promise<void> {
    const task = await this.#sources.task(taskId);
    if (task?.type !== 'SKILL_ASSESSMENT' || task.subject === undefined) return;
    const { outcome, confidencePpm, decidedAtSeconds } = this.#sources.open(certBytes);
    if (outcome !== 'APPROVED' && outcome !== 'REJECTED') return;
    const { skill, level, requirements } = task.criteria;
    const approved = outcome === 'APPROVED';
    this.#keep(task.subject, {
      taskId,
      skill,
      level,
      requirements,
      approved,
      confidence: ppmToNumber(confidencePpm),
      decidedAtSeconds,
    });
  }

  #keep(subject: string, record: SkillRecord): void {
    const records = this.#bySubject.get(subject) ?? [];
    records.push(record);
    this.#bySubject.set(subject, records);
    this.#count += 1;
    while (this.#count > RECORDS_MAX && this.#bySubject.size > 1) this.#forgetFirst();
  }

  #forgetFirst(): void {
    const [first] = this.#bySubject.keys();
    this.#count -= this.#bySubject.get(first!)!.length;
    this.#bySubject.delete(first!);
  }
}
