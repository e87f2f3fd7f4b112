const NAME = 'pheme.token';

/** The bearer token, for this tab alone: gone with it, and sent to nobody but the node that served the page. */
export const token = {
  get(): string | null {
    return sessionStorage.getItem(NAME);
  },
  set(value: string): void {
    sessionStorage.setItem(NAME, value);
  },
  forget(): void {
    sessionStorage.removeItem(NAME);
  },
};
