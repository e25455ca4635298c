// The frame: navigation, the page of the address, notices.
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Router } from 'wouter-preact';
import { useHashLocation } from 'wouter-preact/use-hash-location';
import { Loading, Notices, Trouble } from './components/basics';
import { Silence } from './components/silence';
import { JobManagerPage } from './pages/jobmanager';
import { JobsPage } from './pages/jobs';
import { OverviewPage } from './pages/overview';
import { TaskManagerPage } from './pages/taskmanager';
import { TaskManagersPage } from './pages/taskmanagers';
import { theme, turnTheme } from './theme';

const LINKS = [
  ['/overview', 'Overview'],
  ['/jobs', 'Jobs'],
  ['/task-manager', 'TaskManagers'],
  ['/job-manager', 'JobManager'],
  ['/sql', 'SQL'],
  ['/submit', 'Submit'],
] as const;

/** Pages with an editor, a graph or charts come when they are asked for. */
function later<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  return function Later(props: Props) {
    const [error, setError] = useState<Error | undefined>();
    const [, redraw] = useState(0);
    useEffect(() => {
      if (loaded) return;
      load().then(
        (module) => {
          loaded = module.default;
          redraw((n) => n + 1);
        },
        // The JobManager is away, or another release serves this address now.
        () => setError(new Error('This page cannot be loaded now.')),
      );
    }, []);
    if (loaded) {
      const Page = loaded;
      return <Page {...props} />;
    }
    if (!error) return <Loading />;
    return (
      <>
        <Trouble error={error} />
        <p><button type="button" onClick={() => location.reload()}>Load it again</button></p>
      </>
    );
  };
}
const JobPage = later(() => import('./pages/job'));
const SqlPage = later(() => import('./pages/sql'));
const SubmitPage = later(() => import('./pages/submit'));

/** The page of an address, and the link it belongs to. Flink's own addresses lead to the same pages. */
function pageOf(path: string): { page: JSX.Element; link: string; title: string } {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const [first, ...rest] = parts;
  switch (first) {
    case 'jobs':
    case 'job': {
      const inner = rest[0] === 'running' || rest[0] === 'completed' ? rest.slice(1) : rest;
      const [id, tab, ...more] = inner;
      if (id === undefined) return { page: <JobsPage />, link: '/jobs', title: 'Jobs' };
      return { page: <JobPage key={id} id={id} tab={tab ?? 'graph'} rest={more} />, link: '/jobs', title: 'Job' };
    }
    case 'task-manager':
      return rest[0] === undefined
        ? { page: <TaskManagersPage />, link: '/task-manager', title: 'TaskManagers' }
        : { page: <TaskManagerPage key={rest[0]} id={rest[0]} tab={rest[1] ?? 'memory'} />, link: '/task-manager', title: 'TaskManager' };
    case 'job-manager':
      return { page: <JobManagerPage tab={rest[0] ?? 'configuration'} />, link: '/job-manager', title: 'JobManager' };
    case 'sql':
      return { page: <SqlPage />, link: '/sql', title: 'SQL' };
    case 'submit':
      return { page: <SubmitPage />, link: '/submit', title: 'Submit' };
    default:
      return { page: <OverviewPage />, link: '/overview', title: 'Overview' };
  }
}

function Shell(): JSX.Element {
  const [path] = useHashLocation();
  const [, redraw] = useState(0);
  const { page, link, title } = pageOf(path);
  useEffect(() => {
    document.title = `${title} · flinkrs`;
  }, [title]);
  return (
    <>
      <a class="skip" href={`#${path}`} onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>
        Skip to the page
      </a>
      <header class="top">
        <a class="brand" href="#/overview">
          <img src="./icon.svg" alt="" width="24" height="24" />
          flinkrs
        </a>
        <nav aria-label="Pages">
          {LINKS.map(([to, name]) => (
            <a key={to} href={`#${to}`} aria-current={to === link ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <button type="button" class="plain" onClick={() => { turnTheme(); redraw((n) => n + 1); }} aria-label={theme() === 'dark' ? 'Light colours' : 'Dark colours'} title="Light or dark">
          <span aria-hidden="true">{theme() === 'dark' ? '☀' : '☾'}</span>
        </button>
      </header>
      <Silence path={path} />
      <main id="main" tabIndex={-1}>
        {page}
      </main>
      <Notices />
    </>
  );
}

export function App(): JSX.Element {
  return (
    <Router hook={useHashLocation}>
      <Shell />
    </Router>
  );
}
