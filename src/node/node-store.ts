import type { Logger, Notes, PruneStore, SideStore, Store } from '../engine/ports.ts';
import { openLevelStore } from '../store/level-store.ts';

/** The tables whose damage may hide what this key signed; `database` stands for LevelDB's own files, repaired at opening. */
const JOURNAL_TABLES = ['database', 'journal'];

export interface NodeStore {
  store: Store;
  notes: Notes;
  side: SideStore;
  pruning: PruneStore;
  /** R29: something of the journal may be gone. */
  journalDamaged: boolean;
}

/**
 * Opens a node's store, tells of all damage, and whether it touched the journal.
 * @throws ValidationError DATA_LOCKED, DATA_NEWER, DATA_UNAVAILABLE
 */
export async function openNodeStore(directory: string, logger: Logger): Promise<NodeStore> {
  let journalDamaged = false;
  const store = await openLevelStore({
    directory,
    onDamage: (damage) => {
      journalDamaged ||= JOURNAL_TABLES.includes(damage.table);
      logger.error({ ...damage }, 'a stored value is damaged: it is left out and fetched again');
    },
  });
  await store.journal(); // reads every entry once, so that damage shows before anything is signed
  if (journalDamaged) logger.error({}, 'the journal is damaged: following open tasks without signing');
  return { store, notes: store.notes, side: store.side, pruning: store.pruning, journalDamaged };
}
