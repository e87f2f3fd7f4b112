import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Feed } from './feed.ts';
import type { Rpc } from './rpc.ts';

/** What every part of the page may use. */
export interface Session {
  rpc: Rpc;
  feed: Feed;
  /** Null without one; set by the token box. */
  token: string | null;
  setToken(token: string | null): void;
  /** Says it to screen readers, politely. */
  announce(text: string): void;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('no session around this part');
  return session;
}
