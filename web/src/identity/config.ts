/** The settings of the page. `dev` answers `config.json` itself; a deployment edits the file. */

export interface PageConfig {
  /** The address of the API. */
  readonly api: string;
  /** The address at which `dev` signs in anyone by name; `null` elsewhere. */
  readonly signIn: string | null;
}

export async function loadConfig(): Promise<PageConfig> {
  const response = await fetch('config.json', { cache: 'no-store' });
  const given = response.ok ? ((await response.json()) as Partial<PageConfig>) : {};
  return {
    api: new URL(given.api ?? 'api', document.baseURI).href,
    signIn: given.signIn ?? null,
  };
}
