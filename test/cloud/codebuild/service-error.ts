/**
 * Owns the errors that the stand-in answers with: `{ "__type": NAME, "message": TEXT }`, as AWS JSON 1.1 writes them.
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html (Errors), CommonErrors.html
 */
export class ServiceError extends Error {
  constructor(
    readonly type: string,
    message: string,
    readonly httpStatus = 400,
  ) {
    super(message);
    this.name = 'ServiceError';
  }
}

export const invalidInput = (message: string) => new ServiceError('InvalidInputException', message);
export const notFound = (message: string) => new ServiceError('ResourceNotFoundException', message);
export const accountLimit = (message: string) => new ServiceError('AccountLimitExceededException', message);
