import { get, onSignedOut, post } from './api';
import { pageOf, router } from './router.svelte';

interface Who { name: string; role: 'public' | 'viewer' | 'admin'; how: '' | 'machine' | 'session' | 'token' }

/** The address that a login leads back to: one of our own pages, or the overview. */
export function wayBack(search: string, origin: string): string {
  try {
    const to = new URL(new URLSearchParams(search).get('to') ?? '/', origin);
    if (to.origin === origin && pageOf(to.pathname) && to.pathname !== '/login') return to.pathname + to.search;
  } catch { /* no address at all */ }
  return '/';
}

/** Who looks at the console, and what they may do. */
class Session {
  who = $state.raw<Who | undefined>(); // undefined = not known yet
  ended = $state(false); // somebody was signed in and is not any more

  constructor() {
    onSignedOut(() => this.#lost());
  }
  /** There is something to be seen. */
  get open(): boolean { return this.who !== undefined && this.who.role !== 'public'; }
  /** Buttons that change something are shown. */
  get admin(): boolean { return this.who?.role === 'admin'; }
  get name(): string { return this.who?.name ?? ''; }

  /** Asks who one is; shows the login if nobody. */
  async look(): Promise<void> {
    this.who = await get<Who>('session');
    if (!this.open) this.#login();
    else if (router.path === '/login') router.replace(wayBack(router.search, location.origin));
  }
  #lost(): void {
    if (this.open) this.ended = true;
    this.who = { name: '', role: 'public', how: '' };
    this.#login();
  }
  #login(): void {
    if (router.path === '/login') return;
    const here = router.path + router.search;
    router.replace('/login' + (here === '/' ? '' : '?to=' + encodeURIComponent(here)));
  }
  async signIn(name: string, password: string): Promise<void> {
    this.who = await post<Who>('login', { name, password });
    this.ended = false;
    router.replace(wayBack(router.search, location.origin));
  }
  async signOut(): Promise<void> {
    await post('logout', {});
    location.assign('/'); // nothing of what was shown stays
  }
}

export const session = new Session();
