import { existsSync, statSync } from 'node:fs';
import { type CleanedEnv, cleanEnv, EnvMissingError } from 'envalid';
import { closest, distance } from 'fastest-levenshtein';
import { type App, inspectApp } from '../app/inspect.js';
import { AppError, SettingError, StartError } from '../errors.js';
import { STANDARD_JOBS } from '../schema/job.js';
import { type EnvFile, type Environment, readEnvFile } from './env-file.js';
import {
  appDoubts,
  contradictions,
  environmentOfApp,
  ownValues,
  settingsOfApp,
  urlContradiction,
} from './of-app.js';
import { NOT_GIVEN } from './rules.js';
import { chooseSchema, type JobSchema } from './schema.js';
import { SETTINGS, type SettingName } from './table.js';

const RULES = Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [name, setting.rule])) as {
  [Name in SettingName]: (typeof SETTINGS)[Name]['rule'];
};

type Given = CleanedEnv<typeof RULES>;

/** The settings as tgook runs with them: checked, with every default filled in. */
export interface Settings extends Omit<Given, 'REDIS_PREFIX' | 'HORIZON_PREFIX'> {
  readonly REDIS_PREFIX: string;
  readonly HORIZON_PREFIX: string;
  /** What TGOOK_SCHEMA, TGOOK_JOB_CLASS and TGOOK_JOB_FORMAT come to. */
  readonly schema: JobSchema;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** The file that was read, if any. */
  readonly file: string | undefined;
  /** The app that TGOOK_APP names. */
  readonly app: App | undefined;
  /** Lines for the user: things that are allowed, and most likely not meant. */
  readonly warnings: readonly string[];
  /** The same, of what does not agree with the app. */
  readonly appWarnings: readonly string[];
}

/**
 * Settings from the environment over a `.env` file, and below both what the app in TGOOK_APP has. Nothing is
 * written to process.env.
 *
 * @param path the file; without one, `.env` in the working directory is read when it is there
 * @param use `redis` where only Redis and its keys are needed: then an app's job class is not looked at
 * @throws StartError naming the variable, what is wrong and an example that works
 */
export function loadSettings(
  environment: Environment,
  path?: string,
  use: 'jobs' | 'redis' = 'jobs',
): LoadedSettings {
  const file = path ?? (existsSync('.env') ? '.env' : undefined);
  const envFile = file === undefined ? undefined : readEnvFile(file, environment);
  const merged = { ...envFile?.values, ...environment };
  const given = check(merged);
  if (given.TGOOK_APP === undefined) {
    const settings = complete(given, merged, undefined);
    return {
      settings,
      file,
      app: undefined,
      warnings: warningsOf(settings, merged, envFile),
      appWarnings: [],
    };
  }
  const values = { ...ownValues(envFile, given.TGOOK_APP), ...environment };
  const byHand = onlyByHand(values);
  const app = readApp(given, byHand, environment, use);
  const found = settingsOfApp(app, byHand);
  const all = { ...values, ...found, ...byHand };
  const settings = complete(checkWithApp(all, byHand, app), all, app);
  const appWarnings = [
    ...app.notes,
    ...contradictions(byHand, found),
    ...urlContradiction(byHand, found),
    ...appDoubts(app, settings),
  ];
  return { settings, file, app, warnings: warningsOf(settings, merged, envFile), appWarnings };
}

function readApp(
  given: Given,
  { TGOOK_QUEUE_CONNECTION: connection }: Environment,
  environment: Environment,
  use: 'jobs' | 'redis',
): App {
  return inspectApp({
    folder: given.TGOOK_APP!,
    php: given.TGOOK_PHP,
    jobClass: given.TGOOK_JOB_CLASS ?? STANDARD_JOBS[given.TGOOK_JOB_FORMAT].class,
    ...(connection !== undefined && { connection }),
    environment: environmentOfApp(given.TGOOK_APP!, environment),
    want: use === 'redis' ? ['config'] : ['config', 'job', 'schema'],
  });
}

/**
 * `null`, `empty` and an empty value mean "not given", spelled as Laravel's env() takes them. A secret that is
 * given so is refused instead, and an APP_NAME is empty.
 */
function isGiven(name: string, value: string | undefined): value is string {
  if (name === 'SECRET_TOKEN' || name === 'TELEGRAM_SECRET_TOKEN') return value !== undefined;
  return value !== undefined && !NOT_GIVEN.test(value);
}

function onlyGiven(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name in SETTINGS && isGiven(name, value)),
  );
}

/** What the user has given beside an app. A prefix that is given and empty is none, and no gap. */
function onlyByHand(environment: Environment): Environment {
  const byHand = { ...onlyGiven(environment) };
  for (const name of ['REDIS_PREFIX', 'HORIZON_PREFIX']) {
    if (environment[name] !== undefined) byHand[name] ??= '';
  }
  return byHand;
}

/** @throws AppError where it is a value of the app that cannot be used */
function checkWithApp(all: Environment, byHand: Environment, { folder }: App): Given {
  try {
    return cleanEnv(onlyGiven(all), RULES, { reporter: refuse });
  } catch (error) {
    if (!(error instanceof SettingError) || byHand[error.setting] !== undefined) throw error;
    throw new AppError(`the configuration of the app ${folder} cannot be used: ${error.message}`);
  }
}

function check(environment: Environment): Given {
  const given = onlyGiven(environment);
  for (const [name, value] of Object.entries(given)) {
    if (!value?.includes('${')) continue;
    throw new SettingError(
      name,
      `still holds \${…} after expansion: define that variable above it`,
      example(name as SettingName),
    );
  }
  return cleanEnv(given, RULES, { reporter: refuse });
}

/** envalid's reporter: the first error ends the start. */
function refuse({ errors }: { errors: Partial<Record<string, Error>> }): void {
  for (const [name, error] of Object.entries(errors)) {
    if (error === undefined || error instanceof EnvMissingError) continue;
    throw new SettingError(name, error.message, example(name as SettingName));
  }
}

const example = (name: SettingName): string => SETTINGS[name].rule.example ?? '';

function complete(given: Given, environment: Environment, app: App | undefined): Settings {
  const separator = given.TGOOK_LARAVEL === '13' ? '-' : '_';
  // To Laravel, an APP_NAME that is there and empty is no reason to take its default.
  const name =
    environment.APP_NAME === undefined || isGiven('APP_NAME', environment.APP_NAME) ? given.APP_NAME : '';
  const derive = (setting: SettingName, between: '_' | '-', end: string, empty: string): string =>
    environment[setting] === undefined ? `${slug(name, between, setting)}${end}` : empty;
  return {
    ...given,
    SECRET_TOKEN: given.SECRET_TOKEN ?? given.TELEGRAM_SECRET_TOKEN,
    REDIS_PREFIX:
      given.REDIS_PREFIX ?? derive('REDIS_PREFIX', separator, `${separator}database${separator}`, ''),
    // Horizon itself takes `horizon:` where its prefix is empty (Laravel\Horizon\Horizon::use).
    HORIZON_PREFIX:
      given.HORIZON_PREFIX ??
      (given.TGOOK_HORIZON === 'never' ? '' : derive('HORIZON_PREFIX', '_', '_horizon:', 'horizon:')),
    schema: chooseSchema(given, app),
  };
}

/**
 * Laravel's Str::slug() for ASCII. It transliterates other letters with tables that tgook does not have:
 * there the prefix must be given.
 */
export function slug(title: string, separator: '_' | '-', setting: SettingName): string {
  if (!/^[\x20-\x7e]*$/.test(title)) {
    throw new SettingError(
      setting,
      'cannot be derived from an APP_NAME with letters beyond ASCII: give it',
      example(setting),
    );
  }
  const other = separator === '_' ? '-' : '_';
  return title
    .replace(new RegExp(`${other}+`, 'g'), separator)
    .replaceAll('@', `${separator}at${separator}`)
    .toLowerCase()
    .replace(new RegExp(`[^${separator}a-z0-9\\s]+`, 'g'), '')
    .replace(new RegExp(`[${separator}\\s]+`, 'g'), separator)
    .replace(new RegExp(`^${separator}+|${separator}+$`, 'g'), '');
}

function warningsOf(settings: Settings, environment: Environment, file: EnvFile | undefined): string[] {
  const warnings: string[] = [];
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('TGOOK_') || name in SETTINGS) continue;
    const nearest = closest(name, Object.keys(SETTINGS));
    const hint = distance(name, nearest) <= 3 ? `: did you mean ${nearest}?` : '';
    warnings.push(`${name} is not a setting of tgook${hint}`);
  }
  if (settings.SECRET_TOKEN === undefined) {
    warnings.push('SECRET_TOKEN is not set: anyone who finds the webhook can post updates to it');
  }
  if (file?.worldReadable && /PASSWORD|SECRET_TOKEN|REDIS_URL/.test(Object.keys(file.values).join())) {
    warnings.push(
      `${file.path} holds secrets and every user of this machine can read it: chmod o-r ${file.path}`,
    );
  }
  return warnings;
}

/**
 * The file that a command line names.
 *
 * @throws StartError when the argument is neither a command nor an existing file
 */
export function settingsFile(argument: string, commands: readonly string[]): string {
  const isFolder = statSync(argument, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder) throw new StartError(`${argument} is a folder: give the path of the .env file in it`);
  if (existsSync(argument)) return argument;
  throw new StartError(
    `'${argument}' is neither a command nor an existing file: did you mean 'tgook ${closest(argument, commands)}'? ` +
      "Settings are given by the path of a .env file, as in 'tgook /var/www/app/.env'",
  );
}
