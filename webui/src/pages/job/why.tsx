// The why-panel: asks for the figures that the explanation needs, and shows the findings.
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Evidence, Observation } from '../../analysis/observation';
import { topology } from '../../analysis/observation';
import { bottleneck, type Finding, why } from '../../analysis/why';
import { Loading } from '../../components/basics';
import { usePoll } from '../../rest/poll';
import type { CheckpointConfiguration, CheckpointDetails, Checkpoints, CheckpointSubtasks, ClusterOverview, JobExceptions, VertexDetails } from '../../rest/types.gen';
import { useWatched } from './watch';

function useFindings(id: string, observation: Observation | undefined): Finding[] {
  const slow = useMemo(() => observation && bottleneck(observation), [observation]);
  const checkpoints = usePoll<Checkpoints>(`/jobs/${id}/checkpoints`, 3000).data;
  const checkpointConfiguration = usePoll<CheckpointConfiguration>(checkpoints ? `/jobs/${id}/checkpoints/config` : null, 30_000).data;
  const newest = checkpoints?.history[0];
  // A quick checkpoint needs no explanation.
  const explained = newest && (newest.status === 'IN_PROGRESS' || newest.end_to_end_duration > 1000) ? newest.id : undefined;
  const checkpoint = usePoll<CheckpointDetails>(explained === undefined ? null : `/jobs/${id}/checkpoints/details/${explained}`, 3000).data;
  const slowest = useMemo(() => (checkpoint && observation ? slowestVertex(checkpoint, observation) : undefined), [checkpoint, observation]);
  const subtasks = usePoll<CheckpointSubtasks>(slowest === undefined ? null : `/jobs/${id}/checkpoints/details/${explained}/subtasks/${slowest}`, 3000).data;
  const stuck = newest?.status === 'IN_PROGRESS' ? slowest : undefined;
  const parallelism = observation?.job.vertices.find((vertex) => vertex.id === stuck)?.parallelism ?? 0;
  const asked = Array.from({ length: Math.min(parallelism, 100) }, (_, subtask) => `${subtask}.inputBarriersMissing`).join(',');
  const missing = usePoll<{ id: string; value: string }[]>(stuck === undefined || asked === '' ? null : `/jobs/${id}/vertices/${stuck}/metrics?get=${asked}`, 3000).data;
  const vertexDetails = usePoll<VertexDetails>(slow === undefined ? null : `/jobs/${id}/vertices/${slow}`, 3000).data;
  const exceptions = usePoll<JobExceptions>(`/jobs/${id}/exceptions`, 5000).data;
  const overview = usePoll<ClusterOverview>('/overview', 3000).data;
  return useMemo(() => {
    if (!observation) return [];
    const evidence: Evidence = {
      checkpoints,
      checkpointConfiguration,
      checkpoint,
      checkpointSubtasks: slowest !== undefined && subtasks ? { vertex: slowest, subtasks } : undefined,
      barriersMissing: missing && new Map(missing.map(({ id: name, value }) => [Number(name.split('.')[0]), Number(value)])),
      vertexDetails,
      exceptions,
      freeSlots: overview?.['slots-available'],
    };
    return why(observation, evidence);
  }, [observation, checkpoints, checkpointConfiguration, checkpoint, subtasks, missing, vertexDetails, exceptions, overview]);
}

/** The first vertex that has not acknowledged, or else the one that took longest. */
function slowestVertex(checkpoint: CheckpointDetails, seen: Observation): string | undefined {
  const { order } = topology(seen.job);
  const open = order.find((vertex) => (checkpoint.tasks[vertex]?.num_acknowledged_subtasks ?? 0) < (checkpoint.tasks[vertex]?.num_subtasks ?? 0));
  if (open !== undefined) return open;
  return [...order].sort((a, b) => (checkpoint.tasks[b]?.end_to_end_duration ?? 0) - (checkpoint.tasks[a]?.end_to_end_duration ?? 0))[0];
}

const TOPICS: Record<Finding['topic'], string> = { job: 'Job', throughput: 'Throughput', watermark: 'Watermark', checkpoint: 'Checkpoints' };

export function WhyTab({ id }: { id: string }): JSX.Element {
  const { observation } = useWatched();
  const findings = useFindings(id, observation);
  if (findings.length === 0) return <Loading />;
  return (
    <div class="why" aria-live="polite">
      {findings.map((finding) => (
        <FindingCard key={finding.topic} id={id} finding={finding} />
      ))}
    </div>
  );
}

function FindingCard({ id, finding }: { id: string; finding: Finding }): JSX.Element {
  const page = finding.topic === 'watermark' ? 'watermarks' : 'subtasks';
  return (
    <section class={`finding ${finding.severity}`} aria-label={TOPICS[finding.topic]}>
      <span class="topic">{TOPICS[finding.topic]}</span>
      <h3>{finding.title}</h3>
      <ul>
        {finding.because.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {finding.helps.length > 0 && (
        <>
          <h3>What helps</h3>
          <ul>
            {finding.helps.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
      {finding.vertex !== undefined && finding.topic !== 'checkpoint' && <a href={`#/job/${id}/graph/${finding.vertex}/${page}`}>Look at {finding.subtask === undefined ? 'the vertex' : `subtask ${finding.subtask}`}</a>}
      {finding.topic === 'checkpoint' && finding.severity !== 'fine' && <a href={`#/job/${id}/checkpoints`}>Look at the checkpoints</a>}
      {finding.topic === 'job' && <a href={`#/job/${id}/exceptions`}>Look at the exceptions</a>}
    </section>
  );
}

/** On top of the graph: what is wrong, in a line each; nothing when all is well. */
export function WhyLine({ id, observation }: { id: string; observation: Observation }): JSX.Element | null {
  const findings = useFindings(id, observation).filter((finding) => finding.severity === 'slow' || finding.severity === 'blocked');
  if (findings.length === 0) return null;
  return (
    <div class="why" role="status">
      {findings.map((finding) => (
        <section key={finding.topic} class={`finding ${finding.severity}`}>
          <span class="topic">{TOPICS[finding.topic]}</span>
          <div>
            <strong>{finding.title}</strong>. {finding.because[0]} <a href={`#/job/${id}/why`}>Why, and what helps</a>
          </div>
        </section>
      ))}
    </div>
  );
}
