import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
export class GraphFolder {
  readonly #path: string;
  constructor(path: string) {
    this.#path = path;
  }
  static async create(_: string): Promise<GraphFolder> {
    return new GraphFolder(await mkdtemp(join(tmpdir(), "pyros-")));
  }
  get path(): string {
    return this.#path;
  }
  address(name: string): string {
    return `ipc://${this.#path}/${name}.sock`;
  }
  async remove(): Promise<void> {
    await rm(this.#path, { recursive: true, force: true });
  }
}
