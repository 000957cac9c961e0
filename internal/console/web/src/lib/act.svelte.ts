import { failure, type Failure } from './api';

/** What a button does: whether it is at work, what came of it, or why nothing did. */
export class Act<T> {
  busy = $state(false);
  done = $state.raw<T | undefined>();
  error = $state.raw<Failure | undefined>();

  async run(what: () => Promise<T>): Promise<T | undefined> {
    this.busy = true;
    this.done = this.error = undefined;
    try { this.done = await what(); } catch (e) { this.error = failure(e); }
    this.busy = false;
    return this.done;
  }
}
