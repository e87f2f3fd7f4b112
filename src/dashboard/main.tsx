import './browser/no-eval.ts';
import { render } from 'preact';
import { applyTheme } from './api/theme.ts';
import { App } from './app.tsx';

applyTheme();
render(<App />, document.getElementById('app')!);
