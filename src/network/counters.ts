/** What the network counted since its start. */
export interface NetworkCounters {
  /** Frames by gossip or directly, and their bytes. */
  framesIn: number;
  framesOut: number;
  bytesIn: number;
  bytesOut: number;
  /** Frames that were not sent: too large, or too many waiting. */
  framesDropped: number;
  /** Frames that the node rejected. */
  framesRejected: number;
  /** Frames that were dropped unread, since their peer had used up its budget. */
  framesOverBudget: number;
  requestsIn: number;
  requestsOut: number;
  requestsFailed: number;
  dials: number;
  dialsFailed: number;
  /** Connections of keys that may not connect. */
  connectionsRefused: number;
  /** Peers that were connected and deaf, and were hung up. */
  deafHeals: number;
  /** Time in which connected peers were not heard by gossip, summed over the peers. */
  deafMs: number;
}

export function createCounters(): NetworkCounters {
  return {
    framesIn: 0,
    framesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    framesDropped: 0,
    framesRejected: 0,
    framesOverBudget: 0,
    requestsIn: 0,
    requestsOut: 0,
    requestsFailed: 0,
    dials: 0,
    dialsFailed: 0,
    connectionsRefused: 0,
    deafHeals: 0,
    deafMs: 0,
  };
}
