// What the page says while nobody answers it: a JobManager that is away, or a group that elects its leader.
import type { JSX } from 'preact';
import { RestError } from '../rest/client';
import { usePoll } from '../rest/poll';
import type { ClusterOverview } from '../rest/types.gen';

/** The same page at the other JobManagers, as far as they can be told: they have the REST port of this one, on machines of their own. */
export function elsewhere(members: readonly string[], here: { protocol: string; hostname: string; port: string }): { host: string; url: string }[] {
  const hosts = members.map((address) => address.replace(/:\d+$/, ''));
  if (new Set(hosts).size !== hosts.length || !hosts.includes(here.hostname)) return [];
  return hosts.filter((host) => host !== here.hostname).map((host) => ({ host, url: `${here.protocol}//${host}${here.port === '' ? '' : `:${here.port}`}/` }));
}

export function Silence({ path }: { path: string }): JSX.Element | null {
  const { data, error } = usePoll<ClusterOverview>('/overview', 3000);
  if (error === undefined) return null;
  if (error instanceof RestError && error.status === 503) {
    return (
      <p class="banner" role="alert">
        The JobManagers elect a leader. What is shown is from before; tasks run on, and the page goes on when there is one.
      </p>
    );
  }
  const others = elsewhere(data?.group?.members.map((member) => member.address) ?? [], location);
  return (
    <p class="banner" role="alert">
      The JobManager does not answer ({error.message}). What is shown is from before; the page goes on when it is back.
      {others.length > 0 && (
        <>
          {' '}Others of its group have this page too:{' '}
          {others.map(({ host, url }, index) => (
            <>
              {index > 0 && ', '}
              <a key={host} href={`${url}#${path}`}>{host}</a>
            </>
          ))}
          .
        </>
      )}
    </p>
  );
}
