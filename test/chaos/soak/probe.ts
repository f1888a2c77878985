import { setTimeout as sleep } from 'node:timers/promises';
import { textUpdate } from '../../support/tgook.js';
import { post } from '../prober.js';
import { Account } from './account.js';

const INTERVAL = 100;
/** Milliseconds after which nobody waits for a recovery any more. */
const PATIENCE = 10_000;
const FIRST_ID = 1;

/** Finds out how soon behind a fault updates are answered 200 again. Telegram itself may be pausing just then. */
export class Probe {
  readonly bot = 'probe';
  readonly account = new Account(FIRST_ID);
  readonly #url: string;
  readonly #secret: string;
  readonly #underWay = new Set<Promise<unknown>>();
  #nextId = FIRST_ID;

  constructor({ url, secret }: { url: string; secret: string }) {
    this.#url = url + this.bot;
    this.#secret = secret;
  }

  /** Sends an update, and sends it again each 100 ms, until it is answered 200. Resolves with the milliseconds to that. */
  async recovery(): Promise<number> {
    const updateId = this.#nextId++;
    this.account.sent(updateId);
    const begin = performance.now();
    let answeredAt: number | undefined;
    while (answeredAt === undefined && performance.now() - begin < PATIENCE) {
      const sent = this.#post(updateId).then(isAcknowledged => {
        if (isAcknowledged) answeredAt ??= performance.now();
        this.#underWay.delete(sent);
      });
      this.#underWay.add(sent);
      await Promise.race([sent.then(() => sleep(answeredAt === undefined ? INTERVAL : 0)), sleep(INTERVAL)]);
    }
    return (answeredAt ?? Number.POSITIVE_INFINITY) - begin;
  }

  /** Resolves when everything has its answer. */
  async finish(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #post(updateId: number): Promise<boolean> {
    const headers = { 'Content-Type': 'application/json', 'X-Telegram-Bot-Api-Secret-Token': this.#secret };
    const isAcknowledged = (await post(this.#url, textUpdate(updateId), headers)) === '200';
    if (isAcknowledged) this.account.acknowledged(updateId);
    return isAcknowledged;
  }
}
