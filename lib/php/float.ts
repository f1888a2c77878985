/**
 * A number of which PHP's json_decode() makes a float: one with a dot or an exponent, or an integer beyond 64
 * bits. Wrapped, since phptg takes no integer for a float nor a float for an integer, and to JavaScript `5`
 * and `5.0` are one number.
 */
export class PhpFloat {
  constructor(readonly number: number) {}
}
