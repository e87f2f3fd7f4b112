import { ValidationError } from '../protocol/errors.ts';

/**
 * Loads a module that needs an optional package.
 * @param what names the feature to the user, e.g. `pheme mcp`
 * @throws ValidationError MISSING_PACKAGE with what would install it
 */
export async function optionalPackage<T>(what: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const message = `${what} needs the package ${name}, which is not installed: npm install ${name}`;
    throw new ValidationError(message, 'MISSING_PACKAGE', { package: name }, error);
  }
}
