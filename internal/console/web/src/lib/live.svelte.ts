import { get, failure, type Device, type Failure, type Status } from './api';
import { Clock } from './words';

const EVERY = 2000; // ms between two looks at the status
const KEPT = 150; // rates: five minutes

/** What is known of Logboom now, shared by all pages. */
class Live {
  status = $state.raw<Status | undefined>();
  error = $state.raw<Failure | undefined>();
  lostAt = $state(0); // when Logboom stopped answering, ms since 1970; 0 = it answers
  clock = $state.raw(new Clock());
  rates = $state.raw<{ at: number; received: number }[]>([]); // oldest first; at in s
  devices = $state.raw<Device[] | undefined>();
  devicesError = $state.raw<Failure | undefined>();
  names = $state.raw(new Map<string, string>()); // address -> name

  #timer: ReturnType<typeof setTimeout> | undefined;
  #begun = false; // the status was had once

  start(): () => void {
    const look = async () => {
      if (document.visibilityState === 'visible') await this.#look();
      this.#timer = setTimeout(look, EVERY);
    };
    void look();
    const seen = () => document.visibilityState === 'visible' && void this.#look();
    document.addEventListener('visibilitychange', seen);
    const slow = setInterval(() => document.visibilityState === 'visible' && void this.lookAtDevices(), 30_000);
    void this.lookAtDevices();
    return () => {
      clearTimeout(this.#timer);
      clearInterval(slow);
      document.removeEventListener('visibilitychange', seen);
    };
  }
  async #look(): Promise<void> {
    try {
      const s = await get<Status>('status', this.#begun ? {} : { past: 1 }, AbortSignal.timeout(8000));
      if (s.zone.name !== this.clock.name) this.clock = new Clock(s.zone.name, s.zone.offset);
      this.status = s;
      this.rates = [...this.rates.slice(1 - KEPT), ...(s.past ?? []).map((p) => ({ ...p, at: p.at / 1e6 })), { at: s.now / 1e6, received: s.rate.received }];
      this.#begun = true;
      this.error = undefined;
      this.lostAt = 0;
    } catch (e) {
      const f = failure(e);
      if (f.status === 401) return; // the login is shown
      this.error = f;
      this.lostAt ||= Date.now();
    }
  }
  async lookAtDevices(): Promise<void> {
    try {
      const { devices } = await get<{ devices: Device[] }>('devices');
      this.devices = devices;
      this.names = new Map(devices.filter((d) => d.name).map((d) => [d.address, d.name]));
      this.devicesError = undefined;
    } catch (e) {
      this.devicesError = failure(e);
    }
  }
  name(address: string): string {
    return this.names.get(address) ?? address;
  }
  /** µs since 1970 by the clock of the server. */
  get now(): number {
    return this.status?.now ?? Date.now() * 1000;
  }
}

export const live = new Live();
