export class GraphFolder {
  static async create(_: string): Promise<GraphFolder> {
    return new GraphFolder();
  }
  address(name: string): string {
    return name;
  }
  async remove(): Promise<void> {}
}
