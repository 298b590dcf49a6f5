import { PyrosError } from "../errors.ts";

/** A file of params cannot be opened, read or written, is damaged, or is in use by another engine; the message names the file, and the line where there is one. */
export class ParamFileError extends PyrosError {
  override name = "ParamFileError";
  override readonly code = "PYROS_PARAM_FILE";
}
