/** The token was good once. */
export class TokenExpiredError extends Error {
  constructor() {
    super('the token has expired');
    this.name = 'TokenExpiredError';
  }
}

/** The token will be good later. */
export class TokenNotYetValidError extends Error {
  constructor() {
    super('the token is not valid yet');
    this.name = 'TokenNotYetValidError';
  }
}

/** The token is not good, and never will be. `reason` is for logs: nothing of the token is in it. */
export class InvalidTokenError extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(`the token is not valid: ${reason}`);
    this.name = 'InvalidTokenError';
    this.reason = reason;
  }
}
