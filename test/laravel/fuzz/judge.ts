import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { PACKAGE_ROOT } from '../../../lib/paths.js';
import { baseEnv, laravelApp } from '../support/laravel.js';

/** What tgook did with a body. */
export type Outcome =
  | { readonly kind: 'job'; readonly payload: Buffer }
  /** The job's format cannot hold the update: it goes into quarantine. */
  | { readonly kind: 'misfit' }
  /** Refused. */
  | { readonly kind: 'not-an-update' };

export interface Case {
  readonly body: Buffer;
  readonly outcome: Outcome;
  /** The app's time zone. */
  readonly zone: string;
  readonly bot: string;
}

export interface JudgeOptions {
  readonly format: 'object' | 'json';
  /** The version of phptg whose class facts tgook has. */
  readonly schema: string;
}

interface Question {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/** A PHP process that says of one case after another whether tgook did what PHP would have done. */
export class Judge {
  readonly #php: ChildProcessByStdio<Writable, Readable, null>;
  readonly #questions: Question[] = [];
  readonly #ended: Promise<unknown>;
  #hasEnded = false;

  constructor({ format, schema }: JudgeOptions) {
    const facts = join(PACKAGE_ROOT, `config/schema/phptg-${schema}.json`);
    this.#php = spawn('php', [join(PACKAGE_ROOT, 'test/laravel/fuzz/judge.php'), facts], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...baseEnv(), TGOOK_TEST_PHPTG: laravelApp().phptg(schema), TGOOK_TEST_FORMAT: format },
    });
    this.#php.stdin.on('error', () => {}); // PHP has ended, and its output with it
    const answers = createInterface({ input: this.#php.stdout });
    answers.on('line', answer => this.#questions.shift()?.resolve(answer));
    this.#ended = once(answers, 'close').then(() => {
      this.#hasEnded = true;
      for (const { reject } of this.#questions.splice(0)) reject(new Error('PHP has ended'));
    });
  }

  /** @returns what is wrong, if anything */
  async problem({ body, outcome, zone, bot }: Case): Promise<string | undefined> {
    const payload = outcome.kind === 'job' ? outcome.payload.toString('base64') : null;
    const question = { body: body.toString('base64'), payload, outcome: outcome.kind, zone, bot };
    return ((await this.#ask(JSON.stringify(question))) as string | null) ?? undefined;
  }

  /** The properties that no job so far has had filled, as `Class.property`. */
  unseen(): Promise<string[]> {
    return this.#ask('unseen') as Promise<string[]>;
  }

  async close(): Promise<void> {
    this.#php.stdin.end();
    await this.#ended;
  }

  async #ask(line: string): Promise<unknown> {
    if (this.#hasEnded) throw new Error('PHP has ended');
    this.#php.stdin.write(`${line}\n`);
    const answer = await new Promise<string>((resolve, reject) => this.#questions.push({ resolve, reject }));
    return JSON.parse(answer);
  }
}
