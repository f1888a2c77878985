/**
 * Every error that tgook itself raises, in one place.
 *
 * The first group ends a start: its message is the one line that the user sees, so it names the setting and
 * the way out. The second belongs to one update and decides its answer.
 */

/** A start that cannot go on. The message is shown as it is, without a stack. Exit code 1. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}

/** A setting with a value that cannot be used. */
export class SettingError extends StartError {
  override readonly name = 'SettingError';

  /**
   * @param setting the variable's name
   * @param problem what is wrong, to be read after the name
   * @param example a value that works
   */
  constructor(
    readonly setting: string,
    problem: string,
    example: string,
  ) {
    super(`${setting} ${problem}; for example ${setting}=${example}`);
  }
}

/** A schema that no encoder can be made from. */
export class SchemaError extends StartError {
  override readonly name = 'SchemaError';
}

/** A Laravel app that cannot be read, or not be served. */
export class AppError extends StartError {
  override readonly name = 'AppError';
}

/** A body that is not an update: answered 400, since sending it again cannot help. */
export class NotAnUpdate extends Error {
  override readonly name = 'NotAnUpdate';
}

/**
 * An update that the job's format cannot hold: answered 200 and kept in quarantine. The message is the
 * reason that is stored; it names classes, properties and types, never a value.
 */
export class Misfit extends Error {
  override readonly name = 'Misfit';
}

/** Redis did not confirm the write: answered 503, and Telegram sends the update again. */
export class NotStored extends Error {
  override readonly name = 'NotStored';
}
