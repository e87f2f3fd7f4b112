import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Feed } from './api/feed.ts';
import { createRpc } from './api/rpc.ts';
import { type Session, SessionContext } from './api/session.ts';
import { token as storedToken } from './api/token.ts';
import { Header } from './components/header.tsx';
import { type Route, routeOf } from './logic/route.ts';
import { Overview } from './pages/overview.tsx';
import { Playground } from './pages/playground.tsx';
import { TaskPage } from './pages/task.tsx';
import { Tasks } from './pages/tasks.tsx';
import { Validators } from './pages/validators.tsx';

const TITLES: Readonly<Record<Route['page'], string>> = {
  overview: 'Overview',
  tasks: 'Tasks',
  task: 'Task',
  validators: 'Validators and peers',
  playground: 'Model playground',
  unknown: 'Not found',
};

const rpc = createRpc(storedToken.get);
const feed = new Feed(storedToken.get);

export function App() {
  const route = useRoute();
  const [token, setTokenState] = useState(storedToken.get);
  const [announcement, setAnnouncement] = useState('');
  const announce = useCallback((text: string) => setAnnouncement(text), []);
  const setToken = useCallback((value: string | null) => {
    if (value === null) storedToken.forget();
    else storedToken.set(value);
    setTokenState(value);
    feed.connect();
  }, []);
  useEffect(() => feed.connect(), []);
  const session = useMemo<Session>(() => ({ rpc, feed, token, setToken, announce }), [token, setToken, announce]);
  const main = useRef<HTMLElement>(null);
  useTitleAndFocus(route, main);

  return (
    <SessionContext.Provider value={session}>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <Header route={route} />
      <main id="content" ref={main} tabIndex={-1} aria-label={TITLES[route.page]}>
        <Page route={route} />
      </main>
      <div role="status" aria-live="polite" class="unseen">
        {announcement}
      </div>
    </SessionContext.Provider>
  );
}

function Page({ route }: { route: Route }) {
  if (route.page === 'task') return <TaskPage key={route.taskId} taskId={route.taskId} />;
  if (route.page === 'overview') return <Overview />;
  if (route.page === 'tasks') return <Tasks />;
  if (route.page === 'validators') return <Validators />;
  if (route.page === 'playground') return <Playground />;
  return (
    <>
      <h1>There is no such page</h1>
      <p>
        <a href="#/">To the overview</a>
      </p>
    </>
  );
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const follow = () => setRoute(routeOf(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

/** A new page begins at its top, also for whoever hears it; the first one leaves the focus to the browser. */
function useTitleAndFocus(route: Route, main: { current: HTMLElement | null }): void {
  const first = useRef(true);
  useEffect(() => {
    document.title = `${TITLES[route.page]} · pheme`;
    if (!first.current) {
      main.current?.focus();
      scrollTo(0, 0);
    }
    first.current = false;
  }, [route, main]);
}
