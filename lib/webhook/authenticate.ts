import { timingSafeEqual } from 'node:crypto';

/** Telegram's longest secret_token. */
const MAX_SECRET = 256;

/**
 * Compares X-Telegram-Bot-Api-Secret-Token with the secrets that are accepted, in a time that depends on
 * neither: all are compared in full, padded to the same length.
 */
export class Authenticator {
  readonly #secrets: readonly Buffer[];
  readonly #given = Buffer.alloc(MAX_SECRET);

  /** @param secrets undefined where no secret is asked for */
  constructor(secrets: readonly string[] | undefined) {
    this.#secrets = (secrets ?? []).map(secret => {
      const padded = Buffer.alloc(MAX_SECRET);
      padded.write(secret, 'latin1');
      return padded;
    });
  }

  /** @param header the header's value; where it was sent twice, node:http has joined both */
  accepts(header: string | string[] | undefined): boolean {
    if (this.#secrets.length === 0) return true;
    if (typeof header !== 'string' || header.length === 0 || header.length > MAX_SECRET) return false;
    this.#given.fill(0);
    this.#given.write(header, 'latin1');
    let accepted = false;
    for (const secret of this.#secrets) accepted = timingSafeEqual(this.#given, secret) || accepted;
    return accepted;
  }
}
