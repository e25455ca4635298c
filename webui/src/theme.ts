// Light or dark: as the system has it, until somebody chooses.
const KEY = 'flinkrs.theme';

export type Theme = 'light' | 'dark';

const system = (): Theme => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
export const theme = (): Theme => (document.documentElement.dataset.theme as Theme | undefined) ?? system();

export function startTheme(): void {
  document.documentElement.dataset.theme = (localStorage.getItem(KEY) as Theme | null) ?? system();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    if (localStorage.getItem(KEY) === null) document.documentElement.dataset.theme = system();
  });
}

export function turnTheme(): void {
  const next = theme() === 'dark' ? 'light' : 'dark';
  localStorage.setItem(KEY, next);
  document.documentElement.dataset.theme = next;
}
