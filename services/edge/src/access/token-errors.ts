/** The token was valid earlier. */
export class TokenExpiredError extends Error {
  constructor() {
    super('the token has expired');
    this.name = 'TokenExpiredError';
  }
}

/** The token will be valid later. */
export class TokenNotYetValidError extends Error {
  constructor() {
    super('the token is not valid yet');
    this.name = 'TokenNotYetValidError';
  }
}

/**
 * The token is not valid, and never will be. `reason` is for logs and contains nothing of the
 * token.
 */
export class InvalidTokenError extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(`the token is not valid: ${reason}`);
    this.name = 'InvalidTokenError';
    this.reason = reason;
  }
}
