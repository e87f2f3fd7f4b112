/** The other process of the floor: returns what it hears until it is ended. */
import { gossipEnd } from './gossip-end.ts';

process.once('disconnect', () => process.exit(0)); // the measuring process died
await gossipEnd(1, process.argv[2]!);
