import { createMemoryStore } from '../../src/store/memory-store.ts';
import { describeStore } from '../contract/store.ts';

describeStore('createMemoryStore', async (clock) => createMemoryStore({ clock }));
