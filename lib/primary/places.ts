import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { SettingError } from '../errors.js';
import type { Settings } from '../settings/load.js';
import { type Readiness, startAdmin } from './admin.js';
import type { Dispatcher, Listener } from './dispatcher.js';

/** Where some settings listen. */
export interface Opened {
  readonly settings: Settings;
  /** Undefined where it is listened on already. */
  readonly listener: Listener | undefined;
  readonly admin: Server | undefined;
}

/** The webhook's and the admin server's addresses: new ones are opened beside the old ones, and then take their place. */
export class Places {
  #used: Opened | undefined;

  constructor(
    readonly dispatcher: Dispatcher,
    readonly readiness: Readiness,
  ) {}

  get adminAddress(): AddressInfo | undefined {
    return (this.#used?.admin?.address() ?? undefined) as AddressInfo | undefined;
  }

  /**
   * Listens where these settings say, and where it does not yet.
   *
   * @throws SettingError where it cannot; then everything is as before
   */
  async open(settings: Settings): Promise<Opened> {
    const admin = await this.#openAdmin(settings);
    try {
      return { settings, admin, listener: await this.dispatcher.listen(settings) };
    } catch (error) {
      this.leave({ settings, admin, listener: undefined });
      throw error;
    }
  }

  use(opened: Opened): void {
    if (opened.admin !== this.#used?.admin) this.#used?.admin?.close();
    this.dispatcher.use(opened.listener);
    this.#used = opened;
  }

  /** Closes what was opened and is not used. */
  leave({ admin, listener }: Opened): void {
    if (admin !== this.#used?.admin) admin?.close();
    listener?.server.close();
  }

  close(): void {
    this.dispatcher.close();
    this.#used?.admin?.close();
    this.#used?.admin?.closeAllConnections();
  }

  async #openAdmin({ TGOOK_ADMIN: address }: Settings): Promise<Server | undefined> {
    if (address === 'off') return undefined;
    const current = this.#used?.settings.TGOOK_ADMIN ?? 'off';
    if (isDeepStrictEqual(address, current)) return this.#used?.admin;
    if (current !== 'off' && current.port === address.port && address.port !== 0) {
      const problem = `cannot change its host while tgook itself has port ${address.port}: restart it, or take another port`;
      throw new SettingError('TGOOK_ADMIN', problem, `${current.host}:${current.port}`);
    }
    return startAdmin(address, this.readiness);
  }
}
