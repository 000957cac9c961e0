/** Where we are. Links are ordinary links; clicks on those of our own pages do not load the document anew. */
class Router {
  path = $state(location.pathname);
  search = $state(location.search);

  constructor() {
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (e) => {
      if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
      const a = (e.target as Element | null)?.closest?.('a');
      if (!a || a.target || a.hasAttribute('download') || a.origin !== location.origin || !pageOf(a.pathname)) return;
      e.preventDefault();
      this.go(a.pathname + a.search);
    });
  }
  #read(): void {
    this.path = location.pathname;
    this.search = location.search;
  }
  go(to: string): void {
    if (to !== location.pathname + location.search) history.pushState(null, '', to);
    this.#read();
  }
  /** Changes the address without a step that "back" would return to. */
  replace(to: string): void {
    history.replaceState(null, '', to);
    this.#read();
  }
}

export type PageName = 'overview' | 'messages' | 'devices' | 'incidents' | 'rules' | 'health' | 'login' | 'audit' | 'settings' | 'log' | 'telegram' | 'welcome';

/** The page of a path; undefined if it is none of ours. */
export function pageOf(path: string): PageName | undefined {
  if (path === '/') return 'overview';
  const [, first = '', second] = path.split('/');
  if (first === 'incidents' || first === 'devices') return first;
  return second === undefined && ['messages', 'rules', 'health', 'login', 'audit', 'settings', 'log', 'telegram', 'welcome'].includes(first) ? (first as PageName) : undefined;
}

export const router = new Router();
