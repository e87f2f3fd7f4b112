/** Where the page is, as its address after `#` says. */
export type Route =
  | { page: 'overview' }
  | { page: 'tasks' }
  | { page: 'task'; taskId: string }
  | { page: 'validators' }
  | { page: 'playground' }
  | { page: 'unknown' };

const PAGES = ['tasks', 'validators', 'playground'] as const;
const TASK = /^task\/([0-9a-f]{64})$/;

/** @param hash of the address, with or without its `#` */
export function routeOf(hash: string): Route {
  const path = hash.replace(/^#?\/?/, '');
  if (path === '') return { page: 'overview' };
  const page = PAGES.find((name) => name === path);
  if (page !== undefined) return { page };
  const taskId = TASK.exec(path)?.[1];
  return taskId === undefined ? { page: 'unknown' } : { page: 'task', taskId };
}

export function hashOf(route: Route): string {
  if (route.page === 'task') return `#/task/${route.taskId}`;
  return route.page === 'overview' || route.page === 'unknown' ? '#/' : `#/${route.page}`;
}
