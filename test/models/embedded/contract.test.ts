import { createEmbeddedModel, EMBEDDED_VARIANTS } from '../../../src/models/embedded/registry.ts';
import { modelContract } from '../../contract/model.ts';

for (const variant of EMBEDDED_VARIANTS) modelContract(`embedded:${variant}`, () => createEmbeddedModel(variant));
