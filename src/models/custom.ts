import { abstention } from '../protocol/abstention.ts';
import { ValidationError } from '../protocol/errors.ts';
import type { Judgement, ModelIdentity } from '../protocol/judgement.ts';
import type { Task } from '../protocol/task.ts';
import { BaseModel, type PredictOptions } from './base-model.ts';
import { CustomValidator } from './custom/custom-validator.ts';

/** A configured custom model; its file is read at the first task. */
export function createCustomModel(id: string, file: string): BaseModel {
  return new CustomModel(id, file);
}

class CustomModel extends BaseModel {
  readonly #id: string;
  readonly #file: string;
  #loading: Promise<CustomValidator> | undefined;
  #loaded: CustomValidator | undefined;

  constructor(id: string, file: string) {
    super();
    this.#id = id;
    this.#file = file;
  }

  get identity(): ModelIdentity {
    return this.#loaded?.identity ?? { id: this.#id, family: `custom-${this.#id}` };
  }

  override async predict(task: Task, options: PredictOptions = {}): Promise<Judgement> {
    options.signal?.throwIfAborted();
    try {
      this.#loading ??= CustomValidator.load(this.#file, { id: this.#id });
      this.#loaded = await this.#loading;
    } catch (error) {
      this.#loading = undefined; // the next task finds the file mended
      const code = error instanceof ValidationError ? error.code : (error as Error).name;
      return abstention('model_error', `The custom model cannot be used: ${code}.`, this.identity);
    }
    return this.#loaded.predict(task, options);
  }
}
