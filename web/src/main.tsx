/** Starts the page in the frame that index.html has painted already. */

import { createRoot } from 'react-dom/client';

import { App } from './shell/App';
import { loadConfig } from './identity/config';
import { applyTheme } from './platform/theme';

applyTheme();
const element = document.querySelector('#app');
if (element !== null) {
  const config = await loadConfig().catch(() => ({
    api: new URL('api', document.baseURI).href,
    signIn: null,
  }));
  element.replaceChildren();
  createRoot(element).render(<App config={config} />);
}
