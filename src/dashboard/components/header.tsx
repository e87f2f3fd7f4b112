import { useEffect, useState } from 'preact/hooks';
import type { FeedState } from '../api/feed.ts';
import { useSession } from '../api/session.ts';
import { chooseTheme, chosenTheme, THEMES, type Theme } from '../api/theme.ts';
import { hashOf, type Route } from '../logic/route.ts';
import { TokenBox } from './token-box.tsx';

const LINKS = [
  { page: 'overview', text: 'Overview' },
  { page: 'tasks', text: 'Tasks' },
  { page: 'validators', text: 'Validators' },
  { page: 'playground', text: 'Playground' },
] as const;

const FEED_WORDS: Readonly<Record<FeedState, string>> = {
  connecting: 'connecting',
  live: 'live',
  polling: 'asking at intervals',
};

export function Header({ route }: { route: Route }) {
  return (
    <header class="top">
      <a class="brand" href="#/">
        <BrandMark />
        pheme
      </a>
      <nav aria-label="Pages">
        <ul>
          {LINKS.map(({ page, text }) => (
            <li key={page}>
              <a
                href={hashOf({ page })}
                aria-current={route.page === page || (page === 'tasks' && route.page === 'task') ? 'page' : undefined}
              >
                {text}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="tools">
        <FeedBadge />
        <TokenBox />
        <ThemeSwitch />
      </div>
    </header>
  );
}

function BrandMark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="4.6" />
      <path d="M8.2 8.2a11 11 0 0 0 0 15.6M23.8 8.2a11 11 0 0 1 0 15.6" />
    </svg>
  );
}

function FeedBadge() {
  const { feed } = useSession();
  const [state, setState] = useState(feed.state);
  useEffect(() => feed.onState(() => setState(feed.state)), [feed]);
  return (
    <span class={`feed feed-${state}`} title="How this page gets its news">
      {FEED_WORDS[state]}
    </span>
  );
}

function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  return (
    <label class="theme">
      <span class="unseen">Theme</span>
      <select
        value={theme}
        onChange={({ currentTarget }) => {
          const chosen = currentTarget.value as Theme;
          chooseTheme(chosen);
          setTheme(chosen);
        }}
      >
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
